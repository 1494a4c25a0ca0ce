import { describe, expect, test } from 'vitest';
import { createDice } from '../../../../src/app/faults/dice.ts';

const draws = (seed: number, purpose: string): readonly number[] => {
  const dice = createDice(seed, purpose);
  return Array.from({ length: 20 }, () => dice.int(1, 1000));
};

describe('dice', () => {
  test('fall the same way for the same seed and purpose only', () => {
    expect(draws(1, 'a')).toEqual(draws(1, 'a'));
    expect(draws(1, 'a')).not.toEqual(draws(2, 'a'));
    expect(draws(1, 'a')).not.toEqual(draws(1, 'b'));
  });

  test('stay within their bounds and reach them', () => {
    const dice = createDice(3, 'bounds');
    const seen = new Set(Array.from({ length: 200 }, () => dice.int(4, 6)));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([4, 5, 6]);
  });

  test('deal every card once in each round', () => {
    const deal = createDice(5, 'deck').deck(['a', 'b', 'c']);
    for (let round = 0; round < 5; round += 1) expect([deal(), deal(), deal()].sort()).toEqual(['a', 'b', 'c']);
  });

  test('keep to weights', () => {
    const dice = createDice(7, 'weights');
    const seen = Array.from({ length: 300 }, () => dice.weighed({ often: 9, seldom: 1, never: 0 }));
    expect(seen.filter((one) => one === 'often').length).toBeGreaterThan(200);
    expect(seen).toContain('seldom');
    expect(seen).not.toContain('never');
  });
});
