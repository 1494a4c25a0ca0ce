import type { Clock } from '../../../base/clock.ts';
import { eventOf, readRecord, uidOf, type OwnRecord } from './calendar-record.ts';
import { busyTimesOf, type BusyTime, type TimeWindow } from './busy-times.ts';
import type { CalendarObject, DavClient } from './dav-client.ts';
import { timeRangeQuery, uidQuery } from './queries.ts';
import { createRecurringEntries } from './recurring-entries.ts';

/** Our entry with its address and version. */
export interface FoundRecord {
  readonly href: string;
  readonly etag: string | null;
  readonly record: OwnRecord;
}

/** What the calendar holds in a time. */
export interface WindowView {
  readonly busy: readonly BusyTime[];
  readonly own: FoundRecord | null;
}

/** Furthest that a time without a zone can lie from where a server, which does not know the practice's zone, looks for it. */
const ZONE_SLACK_MS = 14 * 3_600_000;

const widened = ({ startEpochMs, endEpochMs }: TimeWindow): TimeWindow => ({
  startEpochMs: startEpochMs - ZONE_SLACK_MS,
  endEpochMs: endEpochMs + ZONE_SLACK_MS,
});

/** Questions to the calendar. All throw `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
export interface CalendarView {
  /** Taken times, and the entry with `uid` when it lies in that time. */
  window(window: TimeWindow, uid: string | null, signal: AbortSignal): Promise<WindowView>;
  /** Our entries in that time. */
  ownIn(window: TimeWindow, signal: AbortSignal): Promise<readonly FoundRecord[]>;
  byUid(uid: string, signal: AbortSignal): Promise<FoundRecord | null>;
}

export function createCalendarView(dav: DavClient, timeZone: () => string, clock: Clock): CalendarView {
  const recurring = createRecurringEntries(dav, { clock, timeZone });
  const ownAmong = (objects: readonly CalendarObject[], uid: string): FoundRecord | null => {
    for (const { href, etag, data } of objects) {
      const event = eventOf(data);
      if (uidOf(event) !== uid) continue;
      const record = readRecord(event, timeZone());
      if (record !== null) return { href, etag, record };
    }
    return null;
  };
  return {
    window: async (window, uid, signal) => {
      const asked = widened(window);
      const objects = await recurring.complete(await dav.report(timeRangeQuery(asked), signal), asked, signal);
      const busy = objects.flatMap(({ data }) => busyTimesOf(data, window, timeZone()));
      return { busy, own: uid === null ? null : ownAmong(objects, uid) };
    },
    ownIn: async (window, signal) => {
      const objects = await dav.report(timeRangeQuery(window), signal);
      return objects.flatMap(({ href, etag, data }) => {
        const record = readRecord(eventOf(data), timeZone());
        return record === null ? [] : [{ href, etag, record }];
      });
    },
    byUid: async (uid, signal) => ownAmong(await dav.report(uidQuery(uid), signal), uid),
  };
}
