import { localTime, weekdayOf } from '../../../hours/local-date.ts';
import { sayNumber, sayOrdinal } from './numbers.ts';

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** "Thursday, the fifth of March". */
export function sayDay(day: string): string {
  return `${WEEKDAYS[weekdayOf(day)] ?? ''}, the ${sayOrdinal(Number(day.slice(8, 10)))} of ${MONTHS[Number(day.slice(5, 7)) - 1] ?? ''}`;
}

/** "Thursday". */
export const sayWeekday = (day: string): string => WEEKDAYS[weekdayOf(day)] ?? '';

/** "ten thirty", "nine o'clock", "two fifteen". */
export function sayTime(minuteOfDay: number): string {
  const hour = Math.floor(minuteOfDay / 60);
  const minute = minuteOfDay % 60;
  const spoken = sayNumber(hour > 12 ? hour - 12 : hour);
  if (minute === 0) return `${spoken} o'clock`;
  return minute < 10 ? `${spoken} oh ${sayNumber(minute)}` : `${spoken} ${sayNumber(minute)}`;
}

/** The day and time of an instant, as spoken. */
export function sayStart(start: string, timeZone: string): { readonly day: string; readonly time: string } {
  const local = localTime(Date.parse(start), timeZone);
  return { day: sayDay(local.day), time: sayTime(local.minuteOfDay) };
}

const GROUP_DIGITS = 3;

/** Digits one by one, in groups with a pause: "oh three oh, five five five, oh one two three four". National form for the own country. */
export function sayPhone(e164: string, ownCode: string): string {
  const own = e164.startsWith(`+${ownCode}`);
  const digits = own ? `0${e164.slice(ownCode.length + 1)}` : e164.slice(1);
  const groups: string[] = [];
  for (let index = 0; index < digits.length; index += GROUP_DIGITS) groups.push(digits.slice(index, index + GROUP_DIGITS));
  const last = groups.at(-1);
  if (groups.length > 1 && last !== undefined && last.length === 1) groups.splice(-2, 2, (groups.at(-2) ?? '') + last);
  const spoken = groups
    .map((group) =>
      group
        .split('')
        .map((digit) => (digit === '0' ? 'oh' : sayNumber(Number(digit))))
        .join(' '),
    )
    .join(', ');
  return own ? spoken : `plus ${spoken}`;
}
