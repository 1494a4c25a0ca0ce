import { expect, test } from 'vitest';
import type { CalendarObject, DavClient } from '../../../../../src/adapters/destinations/caldav/dav-client.ts';
import { createRecurringEntries } from '../../../../../src/adapters/destinations/caldav/recurring-entries.ts';
import { createManualClock } from '../../../../support/manual-clock.ts';

const signal = new AbortController().signal;
const weekly = (href: string, start: string): CalendarObject => ({
  href,
  etag: '"1"',
  data: [
    'BEGIN:VCALENDAR',
    'BEGIN:VEVENT',
    `UID:${href}`,
    `DTSTART:${start}`,
    'DURATION:PT30M',
    'RRULE:FREQ=WEEKLY',
    'END:VEVENT',
    'END:VCALENDAR',
  ].join('\r\n'),
});
const OLD = weekly('/old.ics', '20260105T090000Z');
const NEW = weekly('/new.ics', '20260302T090000Z');
/** A Monday, on which both recur. */
const MONDAY = { startEpochMs: Date.UTC(2026, 2, 9), endEpochMs: Date.UTC(2026, 2, 10) };
const TUESDAY = { startEpochMs: Date.UTC(2026, 2, 10), endEpochMs: Date.UTC(2026, 2, 11) };

function rig(listed: readonly CalendarObject[]) {
  const clock = createManualClock(Date.UTC(2026, 2, 2));
  let asked = 0;
  const dav: DavClient = {
    report: () => {
      asked += 1;
      return Promise.resolve(listed);
    },
    send: () => Promise.reject(new Error('nothing is written')),
    close: () => Promise.resolve(),
  };
  return { entries: createRecurringEntries(dav, { clock, timeZone: () => 'Europe/Berlin' }), clock, asked: () => asked };
}

test('an entry that recurs in the time and was not found is added, one that does not is not', async () => {
  const { entries } = rig([OLD, NEW]);
  expect(await entries.complete([NEW], MONDAY, signal)).toEqual([NEW, OLD]);
  expect(await entries.complete([], TUESDAY, signal)).toEqual([]);
});

test('the list is read once in a minute', async () => {
  const { entries, clock, asked } = rig([OLD]);
  for (let times = 0; times < 3; times += 1) await entries.complete([], MONDAY, signal);
  expect(asked()).toBe(1);
  clock.advance(60_001);
  await entries.complete([], MONDAY, signal);
  expect(asked()).toBe(2);
});

test('a server that finds an old entry at a later occurrence is not asked any more; a young entry proves nothing', async () => {
  const { entries, clock, asked } = rig([OLD, NEW]);
  await entries.complete([NEW], MONDAY, signal);
  clock.advance(60_001);
  await entries.complete([OLD, NEW], MONDAY, signal);
  expect(asked()).toBe(2);
  clock.advance(60_001);
  expect(await entries.complete([], MONDAY, signal)).toEqual([]);
  expect(asked()).toBe(2);
});
