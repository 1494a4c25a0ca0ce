import ICAL from 'ical.js';
import type { Clock } from '../../../base/clock.ts';
import { busyTimesOf, type TimeWindow } from './busy-times.ts';
import { eventOf } from './calendar-record.ts';
import type { CalendarObject, DavClient } from './dav-client.ts';
import { recurringQuery } from './queries.ts';

/** How long a list of the recurring entries is used, in milliseconds. */
const LIST_AGE_MS_MAX = 60_000;
const DAY_MS = 86_400_000;
/** No first occurrence of a recurring entry lasts longer, in days. */
const FIRST_OCCURRENCE_DAYS_MAX = 31;

/** Completes what a server finds in a time by the recurring entries that it does not find there. */
export interface RecurringEntries {
  /** `found` and the entries missing from it. Throws as a question to the calendar does. */
  complete(found: readonly CalendarObject[], asked: TimeWindow, signal: AbortSignal): Promise<readonly CalendarObject[]>;
}

/**
 * A server should find a recurring entry at each of its occurrences (RFC 4791, section 9.9); some look at the first one only. Until a server
 * has been seen to do better, its recurring entries are listed apart, at most once in {@link LIST_AGE_MS_MAX}, and laid out here.
 */
export function createRecurringEntries(
  dav: DavClient,
  parts: { readonly clock: Clock; readonly timeZone: () => string },
): RecurringEntries {
  const { clock, timeZone } = parts;
  let findsThem = false;
  let list: { readonly entries: readonly CalendarObject[]; readonly readAtMs: number } | null = null;
  const entries = async (signal: AbortSignal): Promise<readonly CalendarObject[]> => {
    if (list === null || clock.monotonicMs() - list.readAtMs > LIST_AGE_MS_MAX)
      list = { entries: await dav.report(recurringQuery(), signal), readAtMs: clock.monotonicMs() };
    return list.entries;
  };
  return {
    complete: async (found, asked, signal) => {
      if (findsThem) return found;
      const byHref = new Set(found.map(({ href }) => href));
      const there = (await entries(signal)).filter(({ data }) => busyTimesOf(data, asked, timeZone()).length > 0);
      findsThem = there.some((entry) => byHref.has(entry.href) && beganBefore(entry, asked.startEpochMs));
      return [...found, ...there.filter(({ href }) => !byHref.has(href))];
    },
  };
}

/** The first occurrence is over by then, so that only a server which lays out recurrences finds the entry. */
function beganBefore({ data }: CalendarObject, epochMs: number): boolean {
  const start = eventOf(data).getFirstPropertyValue('dtstart');
  return start instanceof ICAL.Time && start.toJSDate().getTime() < epochMs - FIRST_OCCURRENCE_DAYS_MAX * DAY_MS;
}
