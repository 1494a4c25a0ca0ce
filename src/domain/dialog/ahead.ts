import { addDays, localTime } from '../hours/local-date.ts';
import { isOpenDay } from '../hours/slot-grid.ts';
import type { DialogContext } from './dialog.ts';
import { sayPhone, sayStart } from './language/en/say.ts';
import { ownCode, say } from './language/en/templates.ts';
import type { DialogState } from './state.ts';

/** Clauses named at most, so that rendering ahead never delays what is said now. */
const CLAUSES_MAX = 40;
/** Days whose names are likely to be said next. */
const DAYS_AHEAD = 10;

/** "on Thursday, the fifth of March," and "at ten thirty,": as the read-back and the confirmation say them. */
function ofStart(start: string, zone: string): readonly string[] {
  const { day, time } = sayStart(start, zone);
  return [`on ${day},`, `at ${time},`, `at ${time}.`];
}

function ofComingDays(context: DialogContext): readonly string[] {
  const { practice, nowEpochMs } = context;
  const today = localTime(nowEpochMs, practice.timeZone).day;
  const days = Array.from({ length: DAYS_AHEAD }, (_value, index) => addDays(today, index + 1));
  return days.filter((day) => isOpenDay(practice, day)).map((day) => `On ${sayStart(`${day}T12:00:00Z`, practice.timeZone).day},`);
}

/** Clauses that the next answers probably need, most probable first; rendered while the caller speaks. */
export function likelyClauses(state: DialogState, context: DialogContext): readonly string[] {
  const { practice } = context;
  const { phase, wish, offered, free } = state;
  const clauses: string[] = [...(state.last?.clauses ?? [])];
  if (wish.slot !== null) clauses.push(...ofStart(wish.slot.start, practice.timeZone));
  if (wish.name !== null) clauses.push(`for ${wish.name},`);
  for (const phone of [wish.phone, context.callerNumber])
    if (phone !== null) clauses.push(`phone number ${sayPhone(phone, ownCode(practice))}.`);
  if (phase.name === 'intent' || (phase.name === 'booking' && phase.asking === 'day')) clauses.push(...ofComingDays(context));
  if (phase.name === 'booking' && phase.asking === 'time')
    clauses.push(say.askName().clauses[0] ?? '', ...[...offered, ...free].flatMap(({ start }) => ofStart(start, practice.timeZone)));
  return [...new Set(clauses)].filter((clause) => clause !== '').slice(0, CLAUSES_MAX);
}
