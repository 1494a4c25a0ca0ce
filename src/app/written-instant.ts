import { zonedEpochMs } from '../domain/hours/local-date.ts';

/** ISO 8601, or as tables print it. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A day that a calendar has. */
function isDay(day: string): boolean {
  const epochMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(epochMs) && new Date(epochMs).toISOString().startsWith(day);
}

/** The instant of a date (its first minute) or of a time, in epoch milliseconds; without an offset it is local. Null when it is neither. */
export function instantOf(text: string, timeZone: string): number | null {
  const [, day = '', hours = '0', minutes = '0', seconds = '0', offset] = DATE.exec(text) ?? [];
  if (!isDay(day)) return null;
  if (offset !== undefined) return Date.parse(text.replace(' ', 'T'));
  return zonedEpochMs(day, Number(hours) * 60 + Number(minutes), timeZone) + Number(seconds) * 1000;
}
