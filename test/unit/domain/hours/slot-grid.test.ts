import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, localTime, toZonedIso, weekdayOf, zonedEpochMs } from '../../../../src/domain/hours/local-date.ts';
import type { PracticeProfile, Service } from '../../../../src/domain/hours/practice.ts';
import { isOpenDay, nextOpenDay, slotGrid } from '../../../../src/domain/hours/slot-grid.ts';
import { practice } from '../dialog/conversation.ts';

const ZONE = 'Europe/Berlin';
const MONDAY_NINE = Date.parse('2026-03-02T09:00:00+01:00');
const CHECK_UP: Service = {
  id: 'check-up',
  spokenName: 'a check up',
  phrases: [],
  minutes: 30,
  startsAtMinutes: [0, 30],
};
const profile: PracticeProfile = { ...practice, holidays: ['2026-03-09'] };
const starts = (day: string, service = CHECK_UP, nowEpochMs = MONDAY_NINE): readonly string[] =>
  slotGrid({ profile, service, day, nowEpochMs }).map(({ start }) => start.slice(11, 16));

describe('local time with summer time', () => {
  test.each([
    ['2026-03-05', 630, '2026-03-05T10:30:00+01:00'],
    ['2026-07-01', 480, '2026-07-01T08:00:00+02:00'],
    ['2026-03-28', 600, '2026-03-28T10:00:00+01:00'],
    ['2026-03-29', 600, '2026-03-29T10:00:00+02:00'],
    ['2026-10-24', 600, '2026-10-24T10:00:00+02:00'],
    ['2026-10-25', 600, '2026-10-25T10:00:00+01:00'],
    ['2026-12-31', 1410, '2026-12-31T23:30:00+01:00'],
  ])('%s, minute %i, is %s', (day, minute, iso) => {
    expect(toZonedIso(day, minute, ZONE)).toBe(iso);
  });

  test.each(['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'])(
    'in %s every instant is found again from its wall clock',
    (zone) => {
      assert(
        property(integer({ min: 0, max: 364 * 24 * 60 }), (minutes) => {
          const at = Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000;
          const local = localTime(at, zone);
          const again = zonedEpochMs(local.day, local.minuteOfDay, zone);
          // In the hour that is repeated in autumn, either of the two instants shows the same clock.
          expect(localTime(again, zone)).toEqual(local);
        }),
      );
    },
  );

  test('weekdays begin with Monday, and days go on across months and years', () => {
    expect(weekdayOf('2026-03-02')).toBe(0);
    expect(weekdayOf('2026-03-08')).toBe(6);
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  });
});

describe('the grid of bookable slots', () => {
  test('fits opening hours and lunch', () => {
    expect(starts('2026-03-05')).toEqual([
      '08:00',
      '08:30',
      '09:00',
      '09:30',
      '10:00',
      '10:30',
      '11:00',
      '11:30',
      '14:00',
      '14:30',
      '15:00',
      '15:30',
      '16:00',
      '16:30',
      '17:00',
      '17:30',
    ]);
  });

  test('a longer service does not run into the break', () => {
    expect(starts('2026-03-05', { ...CHECK_UP, minutes: 60, startsAtMinutes: [0, 30] })).not.toContain('11:30');
  });

  test('nothing lies in the past, nor at this very moment', () => {
    expect(starts('2026-03-02').slice(0, 2)).toEqual(['09:30', '10:00']);
    expect(starts('2026-03-01')).toEqual([]);
  });

  test('weekends, holidays and days beyond the horizon have none', () => {
    expect(starts('2026-03-07')).toEqual([]);
    expect(starts('2026-03-09')).toEqual([]);
    expect(starts(addDays('2026-03-02', profile.horizonDays + 3))).toEqual([]);
  });

  test('the day after the change to summer time has its slots at the same wall clock', () => {
    const slots = slotGrid({ profile, service: CHECK_UP, day: '2026-03-30', nowEpochMs: MONDAY_NINE });
    expect(slots[0]).toEqual({ start: '2026-03-30T08:00:00+02:00', minutes: 30 });
  });

  test('the next open day skips the weekend and a holiday on Monday', () => {
    expect(isOpenDay(profile, '2026-03-09')).toBe(false);
    expect(nextOpenDay(profile, '2026-03-07', MONDAY_NINE)).toBe('2026-03-10');
  });
});
