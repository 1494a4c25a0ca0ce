import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { askedDays, openSlots } from '../../../domain/hours/asked-days.ts';
import type { FreeSlot, SlotQuery } from '../../../domain/hours/free-slot.ts';
import { addDays, zonedEpochMs } from '../../../domain/hours/local-date.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { instantOf, utcWithoutZone } from '../http/instant.ts';
import type { OdooDomain, OdooModels, OdooRow } from './models.ts';

/** Whose calendar appointments go into. */
export interface OdooCalendar {
  /** Contact in Odoo (`res.partner`) of the practitioner or room; attends every appointment, so that it shows in that calendar. */
  readonly partnerId: number;
  /** Read at every use: a simulation may exchange it. */
  readonly practice: () => PracticeProfile;
}

interface TimeWindow {
  readonly startEpochMs: number;
  readonly endEpochMs: number;
}
interface BusyEvent extends TimeWindow {
  readonly id: number;
}

/** What of the calendar is taken. Questions throw as a destination's `check` does. */
export interface CalendarTimes {
  /** Whether an event other than those of these external ids lies in the time of an appointment. */
  isTaken(booking: BookingPayload, own: readonly string[], options: DestinationOptions): Promise<boolean>;
  availability(query: SlotQuery, options: DestinationOptions): Promise<readonly FreeSlot[]>;
}

const MODEL = 'calendar.event';
const FIELDS = ['start', 'stop', 'allday', 'start_date', 'stop_date'];
const MINUTE_MS = 60_000;
/** A whole day of the practice can begin and end this far from the hours in UTC that Odoo keeps for it. */
const ZONE_SLACK_MS = 24 * 3_600_000;
/** Events that one question may bring; a calendar with more of them in two months cannot be read. */
const EVENTS_MAX = 2000;

const overlap = (a: TimeWindow, b: TimeWindow): boolean => a.startEpochMs < b.endEpochMs && b.startEpochMs < a.endEpochMs;

function windowOf({ start, minutes }: BookingPayload): TimeWindow {
  const startEpochMs = Date.parse(start);
  return { startEpochMs, endEpochMs: startEpochMs + minutes * MINUTE_MS };
}

/** The time of an event; of one without a readable time null. A whole-day event takes the practice's day. */
function eventOf({ id, start, stop, allday, start_date, stop_date }: OdooRow, timeZone: string): BusyEvent | null {
  if (allday === true && typeof start_date === 'string' && typeof stop_date === 'string')
    return { id, startEpochMs: zonedEpochMs(start_date, 0, timeZone), endEpochMs: zonedEpochMs(addDays(stop_date, 1), 0, timeZone) };
  const startEpochMs = typeof start === 'string' ? instantOf(start) : null;
  const endEpochMs = typeof stop === 'string' ? instantOf(stop) : null;
  return startEpochMs === null || endEpochMs === null ? null : { id, startEpochMs, endEpochMs };
}

/** The times of one attendee's calendar. Odoo keeps two events from nothing: who writes looks before and after. */
export function createCalendarTimes(models: OdooModels, calendar: OdooCalendar, clock: Clock): CalendarTimes {
  const busyIn = async (window: TimeWindow, options: DestinationOptions): Promise<readonly BusyEvent[]> => {
    const domain: OdooDomain = [
      ['partner_ids', 'in', [calendar.partnerId]],
      ['show_as', '=', 'busy'],
      ['active', '=', true],
      ['start', '<', utcWithoutZone(window.endEpochMs + ZONE_SLACK_MS)],
      ['stop', '>', utcWithoutZone(window.startEpochMs - ZONE_SLACK_MS)],
    ];
    const rows = await models.search({ model: MODEL, domain, fields: FIELDS, limit: EVENTS_MAX }, options);
    if (rows.length === EVENTS_MAX) throw new AppError('destination_misbehaved', `more than ${EVENTS_MAX} events in one question`);
    const { timeZone } = calendar.practice();
    return rows.map((row) => eventOf(row, timeZone)).filter((event) => event !== null && overlap(event, window)) as readonly BusyEvent[];
  };
  return {
    isTaken: async (booking, own, options) => {
      const busy = await busyIn(windowOf(booking), options);
      if (busy.length === 0) return false;
      const ours = await Promise.all(own.map((externalId) => models.idOf(externalId, options)));
      return busy.some(({ id }) => !ours.some((found) => found?.id === id));
    },
    availability: async (query, options) => {
      const asked = askedDays(query, calendar.practice());
      if (asked === null) return [];
      const busy = await busyIn(asked, options);
      return openSlots(asked, clock.businessEpochMs()).filter(({ start, minutes }) => {
        const from = Date.parse(start);
        const slot = { startEpochMs: from, endEpochMs: from + minutes * MINUTE_MS };
        return !busy.some((event) => overlap(event, slot));
      });
    },
  };
}
