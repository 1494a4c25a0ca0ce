/** Local calendar arithmetic in a practice's time zone, with Intl only: correct across changes of summer time. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const fresh = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, fresh);
  return fresh;
}

/** A wall-clock reading: ISO date and minutes since midnight. */
export interface LocalTime {
  readonly day: string;
  readonly minuteOfDay: number;
}

export function localTime(epochMs: number, timeZone: string): LocalTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, value]),
  );
  return { day: `${parts['year']}-${parts['month']}-${parts['day']}`, minuteOfDay: Number(parts['hour']) * 60 + Number(parts['minute']) };
}

/** Minutes that local time is ahead of UTC at an instant. */
function offsetMinutes(epochMs: number, timeZone: string): number {
  const local = localTime(epochMs, timeZone);
  const asUtc = Date.parse(`${local.day}T00:00:00Z`) + local.minuteOfDay * MINUTE_MS;
  return Math.round((asUtc - Math.floor(epochMs / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

/** The instant of a local wall-clock reading. In the hour that summer time skips, the instant after the gap. */
export function zonedEpochMs(day: string, minuteOfDay: number, timeZone: string): number {
  const wall = Date.parse(`${day}T00:00:00Z`) + minuteOfDay * MINUTE_MS;
  const first = wall - offsetMinutes(wall, timeZone) * MINUTE_MS;
  const second = wall - offsetMinutes(first, timeZone) * MINUTE_MS;
  return offsetMinutes(second, timeZone) === offsetMinutes(first, timeZone) ? second : Math.max(first, second);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** An instant as ISO 8601 with the zone's offset, to the minute: 2026-03-05T10:30:00+01:00. */
export function zonedIso(epochMs: number, timeZone: string): string {
  const local = localTime(epochMs, timeZone);
  const offset = offsetMinutes(epochMs, timeZone);
  const sign = offset < 0 ? '-' : '+';
  const size = Math.abs(offset);
  return `${local.day}T${two(Math.floor(local.minuteOfDay / 60))}:${two(local.minuteOfDay % 60)}:00${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A local wall-clock reading as {@link zonedIso} writes it. */
export function toZonedIso(day: string, minuteOfDay: number, timeZone: string): string {
  return zonedIso(zonedEpochMs(day, minuteOfDay, timeZone), timeZone);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** 0 is Monday. */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
}

/** Minutes since midnight of `HH:MM`. */
export function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
