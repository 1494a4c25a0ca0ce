import type { FreeSlot } from '../hours/free-slot.ts';
import { localTime, zonedEpochMs } from '../hours/local-date.ts';
import type { BookingPayload, IntentPayload } from '../writeback/intent.ts';
import type { Hearing } from './hearing.ts';
import { parseName, withSpelledName } from './language/en/parse-name.ts';
import { readDigits, saysCallerNumber } from './language/en/parse-phone.ts';
import { say } from './language/en/templates.ts';
import { chosenFrom, dayOf, findSlots, matching, offer, offerEarlierOrLater } from './offering.ts';
import type { DialogState, Wish } from './state.ts';
import { ask, change, understood, type DialogStep, type StepContext } from './step.ts';

/** Own bookings younger than this are asked about before the same is booked again, in minutes. */
const REDIAL_MINUTES_MAX = 60;

function payloadOf(wish: Wish, context: StepContext): BookingPayload | null {
  const service = context.practice.services.find(({ id }) => id === wish.service);
  if (service === undefined || wish.slot === null || wish.name === null || wish.phone === null) return null;
  return {
    kind: 'booking',
    service: service.id,
    serviceName: service.spokenName,
    start: wish.slot.start,
    minutes: wish.slot.minutes,
    name: wish.name,
    phone: wish.phone,
    reason: null,
  };
}

/** Asks for the next thing that is missing, in the order service, day, time, name, phone; with all there, reads back. */
export function advance(from: DialogStep, context: StepContext): DialogStep {
  const { wish } = from.state;
  const asking = (what: 'service' | 'day' | 'name' | 'phone', draft: Parameters<typeof ask>[2]): DialogStep =>
    ask(from, { name: 'booking', asking: what }, draft);
  if (wish.service === null) return asking('service', say.askService());
  if (wish.day === null) return asking('day', say.askDay());
  if (wish.slot === null) return findSlots(from, context);
  if (wish.moves !== null) return submitMove(from, wish.moves, wish.slot, context);
  if (wish.name === null) return asking('name', say.askName());
  if (wish.phone === null) return asking('phone', context.callerNumber === null ? say.askPhone() : say.offerCallerNumber());
  const payload = payloadOf(wish, context);
  return payload === null ? from : ask(from, { name: 'booking', asking: 'confirm' }, say.readBack(payload, context.practice));
}

export function submit(
  from: DialogStep,
  payload: IntentPayload,
  what: 'booking' | 'message' | 'cancel' | 'move',
  context: StepContext,
): DialogStep {
  const seq = from.state.seq + 1;
  const target = 'target' in payload ? payload.target : null;
  return change(from, { seq, phase: { name: 'submitting', what, target } }, { type: 'submit', turn: context.turn, seq, payload });
}

function submitMove(from: DialogStep, target: NonNullable<Wish['moves']>, slot: FreeSlot, context: StepContext): DialogStep {
  return submit(from, { kind: 'reschedule', target, start: slot.start }, 'move', context);
}

/** The caller said yes to the read-back. The same booking minutes ago is asked about, never merged. */
export function confirmed(from: DialogStep, context: StepContext): DialogStep {
  const payload = payloadOf(from.state.wish, context);
  // Yes to "another one?" before a time was free for it: other times are offered.
  if (payload === null) return settleTime(change(from, { wish: { ...from.state.wish, again: true } }), context);
  const twin = context.ownBookings.find(
    ({ service, start, ageMinutes }) =>
      service === payload.service && Date.parse(start) === Date.parse(payload.start) && ageMinutes <= REDIAL_MINUTES_MAX,
  );
  if (twin !== undefined && from.state.phase.name !== 'redial')
    return ask(from, { name: 'redial' }, say.sameAgain(payload, context.practice));
  return submit(from, payload, 'booking', context);
}

/** A wish with what was just said filled in; null when nothing of it concerns the booking. */
function updated(state: DialogState, heard: Hearing, context: StepContext): Wish | null {
  const { wish } = state;
  let next = wish;
  if (heard.service !== null && heard.service.id !== wish.service && !heard.isAsking)
    next = { ...next, service: heard.service.id, slot: null };
  if (heard.day !== null) {
    const isNew = heard.day.day !== wish.day || wish.wholeWeek !== (heard.day.precision === 'week');
    // A new day keeps the time that was agreed before, if it is free there as well.
    const kept = next.slot === null ? next.time : (next.time ?? timeOfSlot(next.slot, context));
    if (isNew) next = { ...next, day: heard.day.day, wholeWeek: heard.day.precision === 'week', slot: null, time: kept };
  }
  const isAgreed = next.slot !== null && isSameTime(heard.time, timeOfSlot(next.slot, context));
  if (heard.time !== null && !isAgreed) next = { ...next, time: heard.time, slot: null };
  if (heard.name !== null && wish.name === null && state.phase.name !== 'booking') next = { ...next, name: heard.name.name };
  return next === wish ? null : next;
}

/** The caller's own booking at the wanted time, made minutes ago: a second call about the same thing. */
function twinOf(wish: Wish, context: StepContext): { readonly serviceName: string; readonly start: string } | null {
  const service = context.practice.services.find(({ id }) => id === wish.service);
  if (service === undefined || wish.day === null || wish.time?.type !== 'at' || wish.moves !== null) return null;
  const at = zonedEpochMs(wish.day, wish.time.minute, context.practice.timeZone);
  const twin = context.ownBookings.find(
    (own) => own.service === service.id && Date.parse(own.start) === at && own.ageMinutes <= REDIAL_MINUTES_MAX,
  );
  return twin === undefined ? null : { serviceName: service.spokenName, start: twin.start };
}

/** "yes, ten thirty is fine" changes nothing. */
function isSameTime(a: Wish['time'], b: Wish['time']): boolean {
  return a?.type === 'at' && b?.type === 'at' && a.minute === b.minute;
}

function timeOfSlot(slot: FreeSlot, context: StepContext): Wish['time'] {
  return { type: 'at', minute: localTime(Date.parse(slot.start), context.practice.timeZone).minuteOfDay };
}

/** With slots of that day at hand, a time decides at once; else the calendar is asked. */
export function settleTime(from: DialogStep, context: StepContext): DialogStep {
  const { wish, free } = from.state;
  const zone = context.practice.timeZone;
  if (wish.service === null || wish.day === null || wish.slot !== null) return advance(from, context);
  const ofDay = free.filter((slot) => wish.wholeWeek || dayOf(slot, zone) === wish.day);
  if (ofDay.length === 0) return findSlots(from, context);
  const fitting = matching(ofDay, wish.time, zone);
  const [only] = fitting;
  const twin = only === undefined && !wish.again ? twinOf(wish, context) : null;
  if (twin !== null) return ask(change(from, { free: ofDay }), { name: 'redial' }, say.sameAgain(twin, context.practice));
  if (only !== undefined && wish.time?.type === 'at')
    return advance(change(from, { wish: { ...wish, slot: only, day: dayOf(only, zone), wholeWeek: false } }), context);
  if (only !== undefined && fitting.length === 1 && wish.time !== null)
    return advance(change(from, { wish: { ...wish, slot: only, day: dayOf(only, zone), wholeWeek: false } }), context);
  return offer(change(from, { free: ofDay }), context);
}

/** Takes up anything about service, day or time, wherever the booking stands. Null when there is nothing of the kind. */
export function takeWish(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const wish = updated(from.state, heard, context);
  if (wish === null) return null;
  const changedService = wish.service !== from.state.wish.service;
  const next = understood(change(from, { wish, ...(changedService ? { free: [], offered: [] } : {}) }));
  return settleTime(next, context);
}

function takeChoice(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { offered, wish } = from.state;
  const slot = chosenFrom(offered, heard.text, heard.yesNo?.answer === 'yes');
  if (slot === null) return null;
  return advance(
    understood(change(from, { wish: { ...wish, slot, day: dayOf(slot, context.practice.timeZone), wholeWeek: false } })),
    context,
  );
}

function takeName(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { wish } = from.state;
  if (heard.name === null) return null;
  const name = heard.name.spelled ? withSpelledName(wish.name, heard.name.name) : heard.name.name;
  // One word is a first name or a last name; the last name is what a practice looks for.
  const needsSpelling =
    !heard.name.spelled && !name.includes(' ') && from.state.phase.name === 'booking' && from.state.phase.asking === 'name';
  const next = understood(change(from, { wish: { ...wish, name } }));
  return needsSpelling ? ask(next, { name: 'booking', asking: 'spelling' }, say.askSpelling()) : advance(next, context);
}

/** Digits that go on after a pause: not a number of their own, but one together with those before. */
function continued(heard: Hearing, begun: string, context: StepContext): string | null {
  if (heard.phone === null || /^[0+]/.test(heard.phone.digits)) return null;
  return readDigits(begun + heard.phone.digits, context.practice.phoneCountry)?.e164 ?? null;
}

/** A number that was said, or a yes to "the number you are calling from". */
export function phoneFrom(
  heard: Hearing,
  context: StepContext,
  begun: string | null = null,
): { readonly e164: string } | { readonly again: string } | null {
  const whole = begun === null ? null : continued(heard, begun, context);
  if (whole !== null) return { e164: whole };
  if (heard.phone !== null) return heard.phone.e164 === null ? { again: heard.phone.digits } : { e164: heard.phone.e164 };
  const isAgreed = heard.yesNo?.answer === 'yes' || (heard.yesNo === null && saysCallerNumber(heard.text));
  if (isAgreed && context.callerNumber !== null)
    return { e164: readDigits(context.callerNumber, context.practice.phoneCountry)?.e164 ?? context.callerNumber };
  return null;
}

function takePhone(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { phase } = from.state;
  const phone = phoneFrom(heard, context, phase.name === 'booking' ? (phase.begun ?? null) : null);
  if (phone === null)
    return heard.yesNo?.answer === 'no' ? ask(understood(from), { name: 'booking', asking: 'phone' }, say.askPhone()) : null;
  if ('again' in phone) return ask(from, { name: 'booking', asking: 'phone', begun: phone.again }, say.askPhoneRest(phone.again));
  return advance(understood(change(from, { wish: { ...from.state.wish, phone: phone.e164 } })), context);
}

function takeConfirmation(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const correction = takeWish(from, heard, context);
  if (correction !== null) return correction;
  if (heard.phone !== null && heard.phone.e164 !== null) return takePhone(from, heard, context);
  const introduced = heard.name;
  if (introduced !== null) return takeName(from, heard, context);
  if (heard.yesNo === null) return null;
  if (heard.yesNo.answer === 'yes') return confirmed(understood(from), context);
  return takeTopic(from, heard, context) ?? ask(understood(from), { name: 'booking', asking: 'change' }, say.askChange());
}

/** "the name", "my number", after "what should I change?". */
function takeChange(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const name = parseName(heard.text);
  // Two words that can be a name are one, when nothing else was recognised in them.
  const named = heard.name === null && name !== null && name.name.includes(' ') ? name : heard.name;
  return (
    takeConfirmation(from, { ...heard, yesNo: null }, context) ??
    takeTopic(from, heard, context) ??
    takeName(from, { ...heard, name: named }, context)
  );
}

/** What is to be changed, by its name: it is asked anew. */
function takeTopic(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { wish } = from.state;
  const again = (cleared: Partial<Wish>): DialogStep => advance(understood(change(from, { wish: { ...wish, ...cleared } })), context);
  if (/\bname\b/.test(heard.text)) return again({ name: null });
  if (/\b(?:number|phone)\b/.test(heard.text)) return again({ phone: null });
  if (/\btime\b/.test(heard.text)) return again({ slot: null, time: null });
  if (/\b(?:day|date)\b/.test(heard.text)) return again({ day: null, slot: null });
  if (/\b(?:service|reason|appointment)\b/.test(heard.text)) return again({ service: null, slot: null });
  return null;
}

/** The day that the offered times are of, said once more: they are offered once more. */
function sameDayAgain(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  return heard.day === null ? null : settleTime(understood(from), context);
}

/** A day or time that is corrected while something else is asked. */
function takeDayOrTime(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  return heard.day === null && heard.time === null ? null : takeWish(from, heard, context);
}

/** "no, my name is Laura Becker" while the number is asked. */
function takeIntroduction(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  return heard.name === null || heard.phone !== null ? null : takeName(from, heard, context);
}

/** "no" to a name that is being spelled: it is asked anew. */
function notAsName(from: DialogStep, heard: Hearing): DialogStep | null {
  if (heard.yesNo?.answer !== 'no' || heard.yesNo.rest !== '') return null;
  return ask(change(understood(from), { wish: { ...from.state.wish, name: null } }), { name: 'booking', asking: 'name' }, say.askName());
}

/** An answer within a booking; null when the words do not answer what was asked. */
export function takeBookingAnswer(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { phase } = from.state;
  if (phase.name !== 'booking') return null;
  switch (phase.asking) {
    case 'name':
    case 'spelling':
      return takeDayOrTime(from, heard, context) ?? takeName(from, heard, context) ?? notAsName(from, heard);
    case 'phone':
      return takeDayOrTime(from, heard, context) ?? takeIntroduction(from, heard, context) ?? takePhone(from, heard, context);
    case 'confirm':
      return takeConfirmation(from, heard, context);
    case 'change':
      return takeChange(from, heard, context);
    case 'time':
      return (
        takeChoice(from, heard, context) ??
        takeWish(from, heard, context) ??
        offerEarlierOrLater(from, heard.text, context) ??
        sameDayAgain(from, heard, context)
      );
    default:
      return takeWish(from, heard, context);
  }
}
