import { addDays, localTime } from '../hours/local-date.ts';
import { isOpenDay, isWithinHorizon, nextOpenDay } from '../hours/slot-grid.ts';
import type { FreeSlot } from '../hours/free-slot.ts';
import type { DialogContext } from './dialog.ts';
import { pointedAt } from './language/en/parse-choice.ts';
import type { TimeReading } from './language/en/parse-time.ts';
import { say } from './language/en/templates.ts';
import { ask, change, speak, type DialogStep, type StepContext } from './step.ts';

/** Times named at once: more cannot be kept in mind on the telephone. */
const OFFERED_MAX = 3;
const WEEK_DAYS = 7;

const minuteOf = (slot: FreeSlot, zone: string): number => localTime(Date.parse(slot.start), zone).minuteOfDay;
export const dayOf = (slot: FreeSlot, zone: string): string => localTime(Date.parse(slot.start), zone).day;

/** Up to three slots of one day, spread over it. */
function spread(slots: readonly FreeSlot[]): readonly FreeSlot[] {
  if (slots.length <= OFFERED_MAX) return slots;
  const picked = [0, Math.floor(slots.length / 2), slots.length - 1].map((index) => slots[index]);
  return picked.filter((slot) => slot !== undefined);
}

/** Up to three slots nearest to a minute of the day, in order of time. */
function nearest(slots: readonly FreeSlot[], minute: number, zone: string): readonly FreeSlot[] {
  return slots
    .toSorted((a, b) => Math.abs(minuteOf(a, zone) - minute) - Math.abs(minuteOf(b, zone) - minute))
    .slice(0, OFFERED_MAX)
    .toSorted((a, b) => a.start.localeCompare(b.start));
}

/** Slots that fit what was said about the time. */
export function matching(slots: readonly FreeSlot[], time: TimeReading | null, zone: string): readonly FreeSlot[] {
  if (time === null) return slots;
  return slots.filter((slot) =>
    time.type === 'at' ? minuteOf(slot, zone) === time.minute : minuteOf(slot, zone) >= time.from && minuteOf(slot, zone) <= time.to,
  );
}

/** Asks the calendar for the wanted days; a closed day is said, and the next open one looked at. */
export function findSlots(from: DialogStep, context: StepContext): DialogStep {
  const { wish } = from.state;
  const { practice, nowEpochMs, turn } = context;
  if (wish.service === null || wish.day === null) return from;
  if (!isWithinHorizon(practice, wish.day, nowEpochMs))
    return ask(change(from, { wish: { ...wish, day: null } }), { name: 'booking', asking: 'day' }, say.outOfRange());
  const open = nextOpenDay(practice, wish.day, nowEpochMs);
  if (open === null) return ask(change(from, { wish: { ...wish, day: null } }), { name: 'booking', asking: 'day' }, say.outOfRange());
  const told = wish.wholeWeek || isOpenDay(practice, wish.day) ? from : speak(from, say.closedDay(wish.day, open));
  const wanted = { ...wish, day: open };
  const toDay = wish.wholeWeek ? addDays(open, WEEK_DAYS - 1) : open;
  return change(
    told,
    { wish: wanted, phase: { name: 'finding' } },
    { type: 'find_slots', turn, query: { service: wish.service, fromDay: open, toDay } },
  );
}

/** Names free times; the wanted one, when it was not free, is said to be so. */
export function offer(from: DialogStep, context: DialogContext): DialogStep {
  const { wish, free } = from.state;
  const zone = context.practice.timeZone;
  const fitting = matching(free, wish.time, zone);
  const pool = fitting.length > 0 ? fitting : free;
  const first = pool[0];
  if (first === undefined)
    return ask(change(from, { wish: { ...wish, day: null }, offered: [] }), { name: 'booking', asking: 'day' }, say.nothingFree());
  const sameDay = pool.filter((slot) => dayOf(slot, zone) === dayOf(first, zone));
  const { time } = wish;
  const offered =
    time?.type === 'at'
      ? nearest(sameDay, time.minute, zone)
      : fitting.length === 0 && time !== null
        ? nearest(sameDay, (time.from + Math.min(time.to, 1200)) / 2, zone)
        : spread(sameDay);
  const isNoneThen = fitting.length === 0 && time?.type === 'between';
  const draft = isNoneThen
    ? say.noneThen(offered, zone)
    : time?.type === 'at'
      ? say.timeTaken(time.minute, offered, zone)
      : say.offerTimes(offered, zone);
  return ask(
    change(from, { offered, wish: { ...wish, day: dayOf(first, zone), wholeWeek: false, time: null } }),
    { name: 'booking', asking: 'time' },
    draft,
  );
}

/** "anything earlier?", "later, please": the first or the last times of the same day; null when nothing of the kind was said. */
export function offerEarlierOrLater(from: DialogStep, text: string, context: DialogContext): DialogStep | null {
  const wanted = /\b(earlier|later)\b/.exec(text)?.[1];
  const { offered, free } = from.state;
  const zone = context.practice.timeZone;
  const first = offered[0];
  if (wanted === undefined || first === undefined) return null;
  const ofDay = free.filter((slot) => dayOf(slot, zone) === dayOf(first, zone));
  const shown = wanted === 'earlier' ? ofDay.slice(0, OFFERED_MAX) : ofDay.slice(-OFFERED_MAX);
  return ask(change(from, { offered: shown }), { name: 'booking', asking: 'time' }, say.offerTimes(shown, zone));
}

/** "the first one", "the last one", or a yes to a single offer. */
export function chosenFrom(offered: readonly FreeSlot[], text: string, saidYes: boolean): FreeSlot | null {
  const place = pointedAt(text);
  if (place !== null) return offered.at(place) ?? null;
  return saidYes && offered.length === 1 ? (offered[0] ?? null) : null;
}
