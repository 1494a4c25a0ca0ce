import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDay } from '../../../../../src/domain/dialog/language/en/parse-day.ts';
import { sayDay } from '../../../../../src/domain/dialog/language/en/say.ts';
import { addDays } from '../../../../../src/domain/hours/local-date.ts';

/** Monday, the second of March, nine in the morning. */
const MONDAY = { nowEpochMs: Date.parse('2026-03-02T09:00:00+01:00'), timeZone: 'Europe/Berlin' };
const SATURDAY = { ...MONDAY, nowEpochMs: Date.parse('2026-03-07T09:00:00+01:00') };

const DAYS: readonly (readonly [string, string])[] = [
  ['thursday', '2026-03-05'],
  ['Thursday, please.', '2026-03-05'],
  ['on thursday', '2026-03-05'],
  ['this thursday', '2026-03-05'],
  ['this coming friday', '2026-03-06'],
  ['next thursday', '2026-03-12'],
  ['thursday next week', '2026-03-12'],
  ['next week thursday', '2026-03-12'],
  ['next week on thursday', '2026-03-12'],
  ['monday', '2026-03-09'],
  ['this monday', '2026-03-02'],
  ['next monday', '2026-03-09'],
  ['today', '2026-03-02'],
  ['later today if possible', '2026-03-02'],
  ['tomorrow', '2026-03-03'],
  ['tomorrow morning', '2026-03-03'],
  ['the day after tomorrow', '2026-03-04'],
  ['the third of march', '2026-03-03'],
  ['march third', '2026-03-03'],
  ['march the third', '2026-03-03'],
  ['on march twenty first', '2026-03-21'],
  ['the twenty first of march', '2026-03-21'],
  ['the thirty first of march', '2026-03-31'],
  ['the first of april', '2026-04-01'],
  ['first of february', '2027-02-01'],
  ['on the fifth', '2026-03-05'],
  ['the first', '2026-04-01'],
  ['the twenty third please', '2026-03-23'],
  ['thursday the fifth', '2026-03-05'],
  ['thursday the twelfth', '2026-03-12'],
  ['thursday the fifth of march', '2026-03-05'],
  ['in two weeks', '2026-03-16'],
  ['in to weeks', '2026-03-16'],
  ['in a week', '2026-03-09'],
  ['in three days', '2026-03-05'],
  ['two weeks from today', '2026-03-16'],
  ['a week from monday', '2026-03-16'],
  ['a week from thursday', '2026-03-12'],
  ['thursday in a week', '2026-03-12'],
  ['thursday week', '2026-03-12'],
  ["i'd like to book a check up on thursday", '2026-03-05'],
  ['how about wednesday', '2026-03-04'],
  ['no thursday', '2026-03-05'],
  ['no thursday not friday', '2026-03-05'],
  ['not friday thursday', '2026-03-05'],
  ['no i said thursday not tuesday', '2026-03-05'],
  ['oh sorry i said monday but i meant tuesday', '2026-03-03'],
  ['wednesday no thursday', '2026-03-05'],
  ['can we move it from tuesday to friday', '2026-03-06'],
  ['the first of next month', '2026-04-01'],
  ['thursday at ten thirty', '2026-03-05'],
  ['ten thirty on friday', '2026-03-06'],
  ['half past ten on the fourth', '2026-03-04'],
];

const NO_DAYS = [
  'ten thirty',
  'the second one',
  'the first one please',
  'yes please',
  'one moment please',
  'i am not sure sorry',
  'laura becker',
  'any day but monday',
  'just a second',
  'what is your address',
];

describe('a day as callers say it', () => {
  test.each(DAYS)('"%s" on a Monday is %s', (text, day) => {
    expect(parseDay(text, MONDAY)).toEqual({ day, precision: 'day' });
  });

  test.each(NO_DAYS)('"%s" names no day', (text) => {
    expect(parseDay(text, MONDAY)).toBeNull();
  });

  test.each([
    ['next week', '2026-03-09'],
    ['sometime next week', '2026-03-09'],
    ['the week after next', '2026-03-16'],
    ['this week', '2026-03-02'],
    ['as soon as possible', '2026-03-02'],
    ['next month', '2026-04-01'],
  ])('"%s" means any day from %s on', (text, day) => {
    expect(parseDay(text, MONDAY)).toEqual({ day, precision: 'week' });
  });

  test.each([
    ['thursday', '2026-03-12'],
    ['next thursday', '2026-03-12'],
    ['next week', '2026-03-09'],
    ['this saturday', '2026-03-07'],
  ])('"%s" on a Saturday is %s', (text, day) => {
    expect(parseDay(text, SATURDAY)?.day).toBe(day);
  });

  test('today is the day of the practice, not that of UTC', () => {
    expect(parseDay('today', { ...MONDAY, nowEpochMs: Date.parse('2026-03-02T23:30:00Z') })?.day).toBe('2026-03-03');
  });

  test('every date of a year is understood as it is spoken', () => {
    assert(
      property(integer({ min: 0, max: 364 }), (ahead) => {
        const day = addDays('2026-03-02', ahead);
        expect(parseDay(`on ${sayDay(day)}`, MONDAY)).toEqual({ day, precision: 'day' });
      }),
      { numRuns: 365 },
    );
  });
});
