import { readFileSync } from 'node:fs';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { createDavClient, type CalendarObject } from '../../src/adapters/destinations/caldav/dav-client.ts';
import { timeRangeQuery } from '../../src/adapters/destinations/caldav/queries.ts';
import { createHttpClient } from '../../src/adapters/destinations/http/http-client.ts';
import { createTokenBucket, UNLIMITED } from '../../src/adapters/destinations/http/token-bucket.ts';
import type { BookingPayload } from '../../src/domain/writeback/intent.ts';
import type { TestCalendar } from './servers.ts';

/** What stands in a calendar, read from the server itself. */
export interface CalendarReader {
  /** Objects in the time of a booking. */
  entries(booking: BookingPayload): Promise<readonly CalendarObject[]>;
  close(): Promise<void>;
}

const READ_MS_MAX = 5000;
const MINUTE_MS = 60_000;

export function createCalendarReader({ url, user, passwordFile }: Pick<TestCalendar, 'url' | 'user' | 'passwordFile'>): CalendarReader {
  const clock = createSystemClock();
  const http = createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock });
  const dav = createDavClient({ url, user, password: () => readFileSync(passwordFile, 'utf8').trim() }, http);
  return {
    entries: ({ start, minutes }) => {
      const startEpochMs = Date.parse(start);
      return dav.report(timeRangeQuery({ startEpochMs, endEpochMs: startEpochMs + minutes * MINUTE_MS }), AbortSignal.timeout(READ_MS_MAX));
    },
    close: () => dav.close(),
  };
}
