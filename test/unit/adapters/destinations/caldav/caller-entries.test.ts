import { describe, expect, test } from 'vitest';
import { phonePattern } from '../../../../../src/adapters/destinations/caldav/caller-entries.ts';

describe('a telephone number in a text of people', () => {
  const pattern = phonePattern('+493055501100');

  test.each([
    '030 55501100',
    '030/5550-1100',
    '(030) 555 01 100',
    '+49 30 55501100',
    '+49 (0)30 555011-00',
    '0049(0)30 55501100',
    '03055501100',
    'Tel.030 55501100',
    'Becker, check up, 030 55501100, room 3',
    // What stands before it is no part of it.
    'Patient 100, 030 55501100',
    '10:30 030 55501100',
    'born 12.03.1975 030 55501100',
    'room 3 030 5550 1100',
    '0171 2345678 030 55501100 030 5550 1101',
    'Becker\n030\u00a055501100',
  ])('is found in "%s"', (text) => {
    expect(pattern.test(text)).toBe(true);
  });

  test.each(['030 55501101', '030 555011001', '1030 55501100', '55501100', '+49 89 55501100', '+1 30 55501100 x', '', 'Becker'])(
    'is not found in "%s"',
    (text) => {
      expect(pattern.test(text)).toBe(false);
    },
  );

  test('is found as other countries write it', () => {
    expect(phonePattern('+14155550123').test('call (415) 555-0123')).toBe(true);
    expect(phonePattern('+14155550123').test('1-415-555-0123')).toBe(true);
    expect(phonePattern('+390612345678').test('06 1234 5678')).toBe(true);
    expect(phonePattern('+442079460000').test('020 7946 0000')).toBe(true);
    expect(phonePattern('+1234').test('extension 1234')).toBe(true);
  });
});
