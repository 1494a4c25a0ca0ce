import type { Clock } from '../../../base/clock.ts';
import { eventOf, isOurs, readRecord, uidOf, type OwnRecord } from './calendar-record.ts';
import { busyTimesOf, type BusyTime, type TimeWindow } from './busy-times.ts';
import { entryHolds, phonePattern } from './caller-entries.ts';
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

/** What the calendar holds about a telephone number. */
export interface LineView {
  readonly own: readonly FoundRecord[];
  /** What people entered: each time of an entry, by its address. */
  readonly entered: readonly (TimeWindow & { readonly href: string })[];
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
  /** What is about a telephone number (E.164) in that time, ours and what people entered. */
  about(phone: string, window: TimeWindow, signal: AbortSignal): Promise<LineView>;
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
  const objectsIn = async (window: TimeWindow, signal: AbortSignal): Promise<readonly CalendarObject[]> => {
    const asked = widened(window);
    return recurring.complete(await dav.report(timeRangeQuery(asked), signal), asked, signal);
  };
  const recordOf = ({ href, etag, data }: CalendarObject): FoundRecord | null => {
    const record = readRecord(eventOf(data), timeZone());
    return record === null ? null : { href, etag, record };
  };
  return {
    window: async (window, uid, signal) => {
      const objects = await objectsIn(window, signal);
      const busy = objects.flatMap(({ data }) => busyTimesOf(data, window, timeZone()));
      return { busy, own: uid === null ? null : ownAmong(objects, uid) };
    },
    ownIn: async (window, signal) => {
      const objects = await dav.report(timeRangeQuery(window), signal);
      return objects.map(recordOf).filter((found) => found !== null);
    },
    about: async (phone, window, signal) => {
      const pattern = phonePattern(phone);
      const own: FoundRecord[] = [];
      const entered: LineView['entered'][number][] = [];
      for (const object of await objectsIn(window, signal)) {
        const found = recordOf(object);
        const times = busyTimesOf(object.data, window, timeZone());
        if (times.length === 0) continue;
        if (found !== null && isOurs(found.record)) {
          if (found.record.payload.phone === phone) own.push(found);
        } else if (entryHolds(object.data, pattern)) entered.push(...times.map((time) => ({ ...time, href: object.href })));
      }
      return { own, entered };
    },
    byUid: async (uid, signal) => ownAmong(await dav.report(uidQuery(uid), signal), uid),
  };
}
