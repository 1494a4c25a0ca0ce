import { describe, expect, test } from 'vitest';
import { askedDays, laidOutSlots, openSlots, type AskedDays } from '../../../../src/domain/hours/asked-days.ts';
import { zonedIso } from '../../../../src/domain/hours/local-date.ts';
import { samplePractice } from '../../../support/sample-practice.ts';

const THURSDAY_NINE = Date.parse('2026-03-05T09:00:00+01:00');
const at = (iso: string, minutes = 30) => ({ startEpochMs: Date.parse(iso), minutes });
function asked(fromDay = '2026-03-05', toDay = '2026-03-06'): AskedDays {
  const days = askedDays({ service: 'check-up', fromDay, toDay }, samplePractice());
  if (days === null) throw new Error('nothing is asked');
  return days;
}

describe('a question about free slots', () => {
  test('means whole days of the practice, also when the clocks change', () => {
    const { startEpochMs, endEpochMs } = asked('2026-03-29', '2026-03-29');
    expect([startEpochMs, endEpochMs]).toEqual([Date.parse('2026-03-29T00:00:00+01:00'), Date.parse('2026-03-30T00:00:00+02:00')]);
  });

  test.each([
    ['of a service that the practice does not have', { service: 'surgery', fromDay: '2026-03-05', toDay: '2026-03-06' }],
    ['whose days end before they begin', { service: 'check-up', fromDay: '2026-03-06', toDay: '2026-03-05' }],
  ])('%s means nothing', (_what, query) => {
    expect(askedDays(query, samplePractice())).toBeNull();
  });

  test('of a year is answered for its first 62 days', () => {
    expect(asked('2026-03-05', '2027-03-05')).toMatchObject({ toDay: '2026-05-05', endEpochMs: Date.parse('2026-05-06T00:00:00+02:00') });
  });

  test('is answered from the opening hours of all its days', () => {
    const starts = openSlots(asked('2026-03-05', '2026-03-08'), THURSDAY_NINE).map(({ start }) => start);
    expect(starts).toHaveLength(13 + 16);
    expect([starts[0], starts.at(-1)]).toEqual(['2026-03-05T09:30:00+01:00', '2026-03-06T17:30:00+01:00']);
  });
});

describe('slots that a system has laid out', () => {
  const starts = (...slots: Parameters<typeof laidOutSlots>[0]) => laidOutSlots(slots, asked(), THURSDAY_NINE).map(({ start }) => start);

  test('are offered with the offset of the practice, earliest first, also outside its opening hours', () => {
    expect(starts(at('2026-03-06T18:00:00Z'), at('2026-03-05T12:00:00+02:00'))).toEqual([
      '2026-03-05T11:00:00+01:00',
      '2026-03-06T19:00:00+01:00',
    ]);
  });

  test.each([
    ['now', at('2026-03-05T09:00:00+01:00')],
    ['on the day before', at('2026-03-04T23:30:00+01:00')],
    ['on the day after', at('2026-03-07T00:00:00+01:00')],
    ['too short for the service', at('2026-03-05T10:00:00+01:00', 29)],
  ])('are not offered when they are %s', (_what, slot) => {
    expect(starts(slot)).toEqual([]);
  });

  test('are not offered beyond the horizon', () => {
    const days = asked('2026-05-04', '2026-05-05');
    const slots = [at('2026-05-04T10:00:00+02:00'), at('2026-05-05T10:00:00+02:00')];
    expect(laidOutSlots(slots, days, THURSDAY_NINE)).toEqual([{ start: '2026-05-04T10:00:00+02:00', minutes: 30 }]);
  });

  test('of one start are offered once, with the shortest that holds the service', () => {
    const slots = [at('2026-03-05T10:00:00+01:00', 60), at('2026-03-05T09:00:00Z', 15), at('2026-03-05T09:00:00Z', 45)];
    expect(laidOutSlots(slots, asked(), THURSDAY_NINE)).toEqual([{ start: '2026-03-05T10:00:00+01:00', minutes: 45 }]);
  });
});

test('of the hour that is repeated in autumn each instant keeps its own offset', () => {
  expect(zonedIso(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Berlin')).toBe('2026-10-25T02:30:00+02:00');
  expect(zonedIso(Date.parse('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toBe('2026-10-25T02:30:00+01:00');
});
