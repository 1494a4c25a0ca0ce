import { createHash, randomInt } from 'node:crypto';

const STEPS = 2 ** 32;

/**
 * What spreads the pauses between attempts, in [0, 1): chance, or for a run that is to be repeated what seed and name of the draw make of
 * it, whichever process draws and whatever was drawn before.
 */
export function createJitter(seed: number | null): (draw: string) => number {
  if (seed === null) return () => randomInt(STEPS) / STEPS;
  return (draw) => createHash('sha256').update(`${seed}/jitter/${draw}`).digest().readUInt32BE(0) / STEPS;
}
