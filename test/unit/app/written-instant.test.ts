import { expect, test } from 'vitest';
import { instantOf } from '../../../src/app/written-instant.ts';

const ZONE = 'Europe/Berlin';

test.each([
  ['2026-03-01', '2026-02-28T23:00:00Z'],
  ['2026-07-01', '2026-06-30T22:00:00Z'],
  ['2026-03-01T08:30', '2026-03-01T07:30:00Z'],
  ['2026-03-01 08:30:15', '2026-03-01T07:30:15Z'],
  ['2026-03-01T08:30:15.250Z', '2026-03-01T08:30:15.250Z'],
  ['2026-03-01 08:30+05:00', '2026-03-01T03:30:00Z'],
  ['2028-02-29', '2028-02-28T23:00:00Z'],
])('%s is an instant', (text, instant) => {
  expect(instantOf(text, ZONE)).toBe(Date.parse(instant));
});

test.each([
  '',
  '1',
  'yesterday',
  '1 Jan',
  '01.03.2026',
  '2026-3-1',
  '2026-02-29',
  '2026-02-31',
  '2026-13-01',
  '2026-03-01T24:00',
  '2026-03-01T08',
])('%j is none', (text) => {
  expect(instantOf(text, ZONE)).toBeNull();
});
