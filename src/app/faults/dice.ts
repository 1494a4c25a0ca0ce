import { createHash } from 'node:crypto';
import { invariant } from '../../base/invariant.ts';

/** Random choices that are the same for the same seed and name. */
export interface Dice {
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** True with this probability. */
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of them, each with its weight. */
  weighed<T extends string>(weights: Readonly<Record<T, number>>): T;
  shuffled<T>(list: readonly T[]): T[];
  /** Deals endlessly from shuffled rounds, so that everything comes up equally often. */
  deck<T>(list: readonly T[]): () => T;
}

const STEPS = 2 ** 32;

/** Dice for one purpose. What is drawn for another purpose does not change what comes here. */
export function createDice(seed: number, purpose: string): Dice {
  let drawn = 0;
  const next = (): number => {
    drawn += 1;
    return createHash('sha256').update(`${seed}/${purpose}/${drawn}`).digest().readUInt32BE(0) / STEPS;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(from: readonly T[]): T => {
    invariant(from.length > 0, 'an empty list has nothing to pick');
    return from[int(0, from.length - 1)] as T;
  };
  const shuffled = <T>(list: readonly T[]): T[] => {
    const left = [...list];
    return list.map(() => left.splice(int(0, left.length - 1), 1)[0] as T);
  };
  return {
    int,
    chance: (share) => next() < share,
    pick,
    weighed: <T extends string>(weights: Readonly<Record<T, number>>): T => {
      const entries = Object.entries(weights) as [T, number][];
      let at = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) {
        at -= weight;
        if (at < 0) return name;
      }
      return pick(entries)[0];
    },
    shuffled,
    deck: (list) => {
      let round: (typeof list)[number][] = [];
      return () => {
        if (round.length === 0) round = shuffled(list);
        const dealt = round.pop();
        invariant(dealt !== undefined, 'an empty deck has nothing to deal');
        return dealt;
      };
    },
  };
}
