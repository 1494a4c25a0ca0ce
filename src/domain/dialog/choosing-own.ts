import { daysBetween, localTime, weekdayOf } from '../hours/local-date.ts';
import type { DialogContext, EnteredAppointment, OwnBooking } from './dialog.ts';
import type { Hearing } from './hearing.ts';
import { pointedAtInOrder, saysWeekday } from './language/en/parse-choice.ts';
import type { DialogState } from './state.ts';

/** Appointments named at once: more cannot be kept in mind on the telephone. */
export const NAMED_MAX = 3;
const WEEK_DAYS = 7;

/** An appointment of the caller's: made by this product, or entered by people. */
export type Appointment = OwnBooking | EnteredAppointment;

/** What tells one appointment of a caller from another. */
export const referenceOf = (appointment: Appointment): string => ('op' in appointment ? appointment.op : appointment.start);

/** What was said of an appointment. */
export type Description = Pick<Hearing, 'text' | 'day' | 'time' | 'service'>;

export const dayOfOwn = ({ start }: Appointment, { practice }: DialogContext): string =>
  localTime(Date.parse(start), practice.timeZone).day;

const inOrder = <A extends Appointment>(appointments: readonly A[]): readonly A[] =>
  appointments.toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));

/**
 * The caller's own appointments that are still to come, in order of time: those known when the call came in and what it has changed since.
 * Only the number that calls is trusted, and only what this product wrote is touched.
 */
export function ownAhead({ made, gone }: DialogState, context: DialogContext): readonly OwnBooking[] {
  const own = [...context.ownBookings, ...made];
  return inOrder(own.filter(({ op, start }) => Date.parse(start) > context.nowEpochMs && !gone.includes(op)));
}

/** The caller's own appointments to come and those that people entered, in order of time. */
export function appointmentsAhead(state: DialogState, context: DialogContext): readonly Appointment[] {
  // What a system still shows of one of ours is not an appointment of its own.
  const ours = new Set([...context.ownBookings, ...state.made].map(({ start }) => Date.parse(start)));
  const entered = context.entered.filter(({ start }) => Date.parse(start) > context.nowEpochMs && !ours.has(Date.parse(start)));
  return inOrder([...ownAhead(state, context), ...entered]);
}

function ofDay(own: readonly Appointment[], { day, text }: Description, context: DialogContext): readonly Appointment[] {
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

function ofTime(own: readonly Appointment[], { time }: Description, { practice }: DialogContext): readonly Appointment[] {
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
export function chosenOwn(own: readonly Appointment[], said: Description, context: DialogContext): readonly Appointment[] {
  const { service } = said;
  const named = ofTime(ofDay(own, said, context), said, context).filter((one) => service === null || one.service === service.id);
  if (named.length > 0 && named.length < own.length) return named;
  const place = pointedAtInOrder(said.text);
  const pointed = place === null ? undefined : own.slice(0, NAMED_MAX).at(place);
  return pointed === undefined ? [] : [pointed];
}
