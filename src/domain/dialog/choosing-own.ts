import { daysBetween, localTime, weekdayOf } from '../hours/local-date.ts';
import type { DialogContext, OwnBooking } from './dialog.ts';
import type { Hearing } from './hearing.ts';
import { pointedAtInOrder, saysWeekday } from './language/en/parse-choice.ts';
import type { DialogState } from './state.ts';

/** Appointments named at once: more cannot be kept in mind on the telephone. */
export const NAMED_MAX = 3;
const WEEK_DAYS = 7;

/** What was said of an appointment. */
export type Description = Pick<Hearing, 'text' | 'day' | 'time' | 'service'>;

export const dayOfOwn = ({ start }: OwnBooking, { practice }: DialogContext): string => localTime(Date.parse(start), practice.timeZone).day;

/**
 * The caller's own appointments that are still to come, in order of time: those known when the call came in and what it has changed since.
 * Only the number that calls is trusted, and only what this product wrote is touched.
 */
export function ownAhead({ made, gone }: DialogState, context: DialogContext): readonly OwnBooking[] {
  return [...context.ownBookings, ...made]
    .filter(({ op, start }) => Date.parse(start) > context.nowEpochMs && !gone.includes(op))
    .toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));
}

function ofDay(own: readonly OwnBooking[], { day, text }: Description, context: DialogContext): readonly OwnBooking[] {
  if (day === null) return own;
  if (day.precision === 'week') {
    return own.filter((one) => {
      const ahead = daysBetween(day.day, dayOfOwn(one, context));
      return ahead >= 0 && ahead < WEEK_DAYS;
    });
  }
  const exact = own.filter((one) => dayOfOwn(one, context) === day.day);
  if (exact.length > 0 || !saysWeekday(text)) return exact;
  return own.filter((one) => weekdayOf(dayOfOwn(one, context)) === weekdayOf(day.day));
}

function ofTime(own: readonly OwnBooking[], { time }: Description, { practice }: DialogContext): readonly OwnBooking[] {
  if (time === null) return own;
  return own.filter(({ start }) => {
    const { minuteOfDay } = localTime(Date.parse(start), practice.timeZone);
    return time.type === 'at' ? minuteOfDay === time.minute : minuteOfDay >= time.from && minuteOfDay <= time.to;
  });
}

/**
 * Those that the words leave of `own`, by day, time, service or place in the list; none when the words leave all or fit none. The list is
 * as it was read out: in order of time, the first few.
 */
export function chosenOwn(own: readonly OwnBooking[], said: Description, context: DialogContext): readonly OwnBooking[] {
  const { service } = said;
  const named = ofTime(ofDay(own, said, context), said, context).filter((one) => service === null || one.service === service.id);
  if (named.length > 0 && named.length < own.length) return named;
  const place = pointedAtInOrder(said.text);
  const pointed = place === null ? undefined : own.slice(0, NAMED_MAX).at(place);
  return pointed === undefined ? [] : [pointed];
}
