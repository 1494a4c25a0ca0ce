import ICAL from 'ical.js';
import { addDays, zonedEpochMs } from '../../../domain/hours/local-date.ts';
import { calendarOf, uidOf } from './calendar-record.ts';

/** A time in which the practice is taken. Epoch milliseconds, end exclusive. */
export interface BusyTime {
  readonly uid: string | null;
  readonly startEpochMs: number;
  readonly endEpochMs: number;
}

export interface TimeWindow {
  readonly startEpochMs: number;
  readonly endEpochMs: number;
}

/** Occurrences of one recurring entry that are looked at. */
const OCCURRENCES_MAX = 5000;
const MINUTES_PER_HOUR = 60;

const two = (value: number): string => String(value).padStart(2, '0');
const dayOf = (time: ICAL.Time): string => `${String(time.year).padStart(4, '0')}-${two(time.month)}-${two(time.day)}`;

function isZoneName(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0);
    return true;
  } catch {
    return false;
  }
}

/** A time without a zone of its own, or with one that the entry only names, is local time there or at the practice. */
function epochOf(time: ICAL.Time, zoneName: string | null, practiceZone: string): number {
  if (!time.isDate && time.zone !== null && time.zone !== ICAL.Timezone.localTimezone) return time.toJSDate().getTime();
  const zone = zoneName !== null && isZoneName(zoneName) ? zoneName : practiceZone;
  return zonedEpochMs(dayOf(time), time.isDate ? 0 : time.hour * MINUTES_PER_HOUR + time.minute, zone);
}

function zoneNameOf(event: ICAL.Component): string | null {
  const name = event.getFirstProperty('dtstart')?.getParameter('tzid');
  return typeof name === 'string' ? name : null;
}

const blocks = (event: ICAL.Component): boolean =>
  String(event.getFirstPropertyValue('transp') ?? '').toUpperCase() !== 'TRANSPARENT' &&
  String(event.getFirstPropertyValue('status') ?? '').toUpperCase() !== 'CANCELLED';

function spanOf(start: ICAL.Time, end: ICAL.Time, zone: { readonly name: string | null; readonly practice: string }): TimeWindow {
  const startEpochMs = epochOf(start, zone.name, zone.practice);
  const endEpochMs = epochOf(end, zone.name, zone.practice);
  if (endEpochMs > startEpochMs) return { startEpochMs, endEpochMs };
  // An entry of a day without an end lasts that day (RFC 5545, section 3.6.1); one without length blocks its minute.
  const until = start.isDate ? zonedEpochMs(addDays(dayOf(start), 1), 0, zone.practice) : startEpochMs + 60_000;
  return { startEpochMs, endEpochMs: until };
}

const overlaps = (a: TimeWindow, b: TimeWindow): boolean => a.startEpochMs < b.endEpochMs && b.startEpochMs < a.endEpochMs;

function occurrences(
  event: ICAL.Event,
  window: TimeWindow,
  zone: { readonly name: string | null; readonly practice: string },
): readonly TimeWindow[] {
  if (!event.isRecurring()) return [spanOf(event.startDate, event.endDate, zone)];
  const spans: TimeWindow[] = [];
  const iterator = event.iterator();
  for (let count = 0; count < OCCURRENCES_MAX; count += 1) {
    const next = iterator.next();
    if (!next) break;
    const { startDate, endDate, item } = event.getOccurrenceDetails(next);
    const span = spanOf(startDate, endDate, zone);
    if (epochOf(next, zone.name, zone.practice) >= window.endEpochMs) break;
    if (blocks(item.component)) spans.push(span);
  }
  return spans;
}

/**
 * Times within `window` that an object of the calendar takes, recurrences and their exceptions included. Free, cancelled and declined
 * entries take none. Throws `destination_misbehaved`.
 */
export function busyTimesOf(data: string, window: TimeWindow, practiceZone: string): readonly BusyTime[] {
  const events = calendarOf(data).getAllSubcomponents('vevent');
  const masters = events.filter((event) => event.getFirstProperty('recurrence-id') === null);
  const exceptions = events.filter((event) => event.getFirstProperty('recurrence-id') !== null);
  const looked = masters.length > 0 ? masters : exceptions;
  return looked.flatMap((component) => {
    if (!blocks(component)) return [];
    const event = new ICAL.Event(component, { exceptions: masters.length > 0 ? exceptions : [] });
    const zone = { name: zoneNameOf(component), practice: practiceZone };
    return occurrences(event, window, zone)
      .filter((span) => overlaps(span, window))
      .map((span) => ({ uid: uidOf(component), ...span }));
  });
}
