import { expect, test } from 'vitest';
import { LIMIT_MAX, parseLimit } from '../../../src/cli/limit.ts';

test.each([
  ['1', 1],
  ['050', 50],
  [String(LIMIT_MAX), LIMIT_MAX],
])('%s is a limit', (text, limit) => {
  expect(parseLimit(text)).toBe(limit);
});

test.each(['', '0', '-1', '1.5', '1e2', '0x10', 'all', 'Infinity', String(LIMIT_MAX + 1)])('%j is refused', (text) => {
  expect(() => parseLimit(text)).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining('1 to 1000') }));
});
