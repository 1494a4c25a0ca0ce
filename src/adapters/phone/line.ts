import type { Random } from '../../base/clock.ts';
import type { Codec } from './codec.ts';

/** What lies between the caller and the switch. Noise is on the caller's side; loss and delay hit both directions. */
export interface Line {
  readonly codec: Codec;
  /** Level of the caller's background noise; null for a silent room. */
  readonly noiseDbfs: number | null;
  /** Share of packets that never arrive, in percent. */
  readonly lossPct: number;
  /** One-way delay in milliseconds. */
  readonly delayMs: number;
}

export const CLEAN_LINE: Line = { codec: 'alaw', noiseDbfs: null, lossPct: 0, delayMs: 0 };

const FULL_SCALE = 32_767;

/** A small seeded generator (mulberry32): the same seed gives the same noise and the same lost packets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Adds white noise of a level (root mean square) to audio. */
export function addNoise(pcm: Int16Array, noiseDbfs: number | null, random: Random): Int16Array {
  if (noiseDbfs === null) return pcm;
  // A uniform distribution of half-width a has an RMS of a / √3.
  const halfWidth = FULL_SCALE * 10 ** (noiseDbfs / 20) * Math.sqrt(3);
  const out = new Int16Array(pcm.length);
  for (let i = 0; i < pcm.length; i += 1) {
    const value = (pcm[i] ?? 0) + (random() * 2 - 1) * halfWidth;
    out[i] = Math.max(-FULL_SCALE - 1, Math.min(FULL_SCALE, Math.round(value)));
  }
  return out;
}

export const isLost = (line: Line, random: Random): boolean => line.lossPct > 0 && random() * 100 < line.lossPct;
