import { expect, test } from 'vitest';
import { createJitter } from '../../../../src/app/worker/jitter.ts';

const drawn = (seed: number | null): readonly number[] => {
  const jitter = createJitter(seed);
  return Array.from({ length: 200 }, (_, index) => jitter(`v1.demo.call-1.${index}.booking/1/1`));
};

test('a seed spreads the pauses of an operation in the same way every time, and another one in another', () => {
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
  expect(drawn(7).toReversed()[0]).toBe(createJitter(7)('v1.demo.call-1.199.booking/1/1'));
});

test.each([null, 7])('the numbers lie from 0 to below 1 and are not all alike (seed %s)', (seed) => {
  const numbers = drawn(seed);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(Math.min(...numbers)).toBeLessThan(0.2);
  expect(Math.max(...numbers)).toBeGreaterThan(0.8);
});
