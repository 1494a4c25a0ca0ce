import { asTurn } from '../../base/ids.ts';
import { unreachable } from '../../base/invariant.ts';
import type { Act, ActScore } from './act.ts';
import { SLOTS_AGE_MS_MAX } from '../hours/free-slot.ts';
import { addDays } from '../hours/local-date.ts';
import { slotGrid } from '../hours/slot-grid.ts';
import { advance, confirmed, settleTime, takeBookingAnswer, takeWish } from './booking.ts';
import type { DialogContext, DialogInput, DialogMove } from './dialog.ts';
import { obeyRule, transfer, transferFailed } from './escalating.ts';
import { hear, type Hearing } from './hearing.ts';
import { readDigits } from './language/en/parse-phone.ts';
import { say } from './language/en/templates.ts';
import { startMessage, takeMessageAnswer } from './message.ts';
import { startCancel, startMove, takeCancelAnswer, takeWhich } from './own-booking.ts';
import { takeResult } from './settling.ts';
import { findSlots } from './offering.ts';
import { askedSlot, freshWish, type DialogState } from './state.ts';
import { ask, askAgain, begin, change, close, speak, understood, type DialogStep, type StepContext } from './step.ts';

/** An act below this probability is not acted upon: the caller is asked again. */
const ACT_PROBABILITY_MIN = 0.6;
/** Acts that end or redirect the call need more; the words that matter most are rules and never get here. */
const GRAVE_ACT_PROBABILITY_MIN = 0.8;
const GRAVE_ACTS: ReadonlySet<Act> = new Set(['emergency', 'human', 'goodbye', 'cancel']);
/** Turns in a row that may be misunderstood before a person is called. */
const MISSES_MAX = 2;
/** Silences in a row before the call is ended. */
const SILENCES_MAX = 2;

function clarify(from: DialogStep, context: StepContext): DialogStep {
  const misses = from.state.misses + 1;
  if (misses > MISSES_MAX) return transfer(change(from, { misses: 0 }), 'failed_twice', context);
  const counted = speak(change(from, { misses }), say.notUnderstood());
  const { phase } = from.state;
  if (phase.name === 'intent') return speak(counted, say.askIntentAgain());
  if (phase.name === 'booking' && phase.asking === 'service') return speak(counted, say.askServiceAgain(context.practice));
  if (phase.name === 'booking' && phase.asking === 'name') return ask(counted, { name: 'booking', asking: 'spelling' }, say.askSpelling());
  return askAgain(counted);
}

function startBooking(from: DialogStep, heard: Hearing, context: StepContext): DialogStep {
  const { wish } = from.state;
  const cleared = from.state.phase.name === 'more' ? change(from, { wish: freshWish(wish), free: [], offered: [] }) : from;
  return takeWish(understood(cleared), heard, context) ?? advance(understood(cleared), context);
}

/** Phases in which a new wish may begin. */
const isOpen = (state: DialogState): boolean =>
  state.phase.name === 'intent' || state.phase.name === 'more' || state.phase.name === 'greeting';

function takeYesNo(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const answer = heard.yesNo?.answer ?? null;
  const { phase } = from.state;
  if (answer === null) return null;
  switch (phase.name) {
    case 'offer_message':
      return answer === 'yes' ? startMessage(from, null, context) : ask(understood(from), { name: 'more' }, say.askMore());
    case 'emergency':
      return answer === 'yes' ? transfer(from, 'emergency', context) : close(speak(from, say.emergencyAgain(context.practice)));
    case 'redial':
      return answer === 'yes'
        ? confirmed(understood(from), context)
        : ask(speak(change(understood(from), { outcome: 'informed' }), say.leftAsItIs()), { name: 'more' }, say.askMore());
    case 'cancelling':
      return takeCancelAnswer(from, answer, context);
    case 'intent':
      return answer === 'no' && heard.yesNo?.rest === '' && from.state.outcome !== 'abandoned' ? close(from) : null;
    case 'more':
      if (answer === 'no') return heard.yesNo?.rest === '' ? close(from) : null;
      return heard.yesNo?.rest === '' ? ask(understood(from), { name: 'intent' }, say.askIntent()) : null;
    default:
      return null;
  }
}

/** What the words plainly are, by rules and parsers; null when the language model should be asked. */
function takeWords(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { phase } = from.state;
  if (heard.rule !== null) return obeyRule(from, heard.rule, context);
  if (heard.act === 'injection') return askAgain(speak(from, say.stayOnTask()));
  if (heard.act === 'repeat') return askAgain(understood(from));
  if (phase.name === 'message' && phase.asking === 'message') return takeMessageAnswer(from, heard, context);
  if (
    heard.question !== null &&
    (heard.isAsking || isOpen(from.state)) &&
    !(isOpen(from.state) && heard.act === 'book' && !heard.isAsking)
  ) {
    const outcome = from.state.outcome === 'abandoned' ? 'informed' : from.state.outcome;
    const answered = speak(change(understood(from), { outcome }), say.answer(heard.question));
    return isOpen(from.state) ? ask(answered, { name: 'more' }, say.askMore()) : askAgain(answered);
  }
  const answered =
    takeBookingAnswer(from, heard, context) ??
    takeMessageAnswer(from, heard, context) ??
    takeWhich(from, heard, context) ??
    takeYesNo(from, heard, context);
  if (answered !== null) return answered;
  if (heard.act === 'message') return startMessage(from, heard.text, context);
  if (heard.act === 'reschedule') return startMove(from, heard, context);
  if (heard.act === 'cancel') return startCancel(from, heard, context);
  if (isOpen(from.state) && (heard.act === 'book' || heard.service !== null || heard.day !== null))
    return startBooking(from, heard, context);
  if (heard.act === 'goodbye') return close(from);
  return null;
}

function actOn(from: DialogStep, act: Act, heard: Hearing, context: StepContext): DialogStep {
  const asked = askedSlot(from.state);
  switch (act) {
    case 'emergency':
      return obeyRule(from, 'emergency', context);
    case 'human':
      return transfer(from, 'asked', context);
    case 'message':
      return startMessage(from, heard.text, context);
    case 'reschedule':
      return startMove(from, heard, context);
    case 'cancel':
      return startCancel(from, heard, context);
    case 'repeat':
      return askAgain(understood(from));
    case 'goodbye':
      return close(from);
    case 'book':
      return isOpen(from.state) ? startBooking(from, heard, context) : clarify(from, context);
    case 'question':
      return ask(understood(from), { name: 'offer_message' }, say.noAnswer());
    case 'confirm_yes':
    case 'confirm_no': {
      const answer = act === 'confirm_yes' ? 'yes' : 'no';
      const read: Hearing = { ...heard, yesNo: { answer, rest: '' } };
      if (asked !== 'confirm' && asked !== 'more') return clarify(from, context);
      return (
        takeBookingAnswer(from, read, context) ??
        takeMessageAnswer(from, read, context) ??
        takeYesNo(from, read, context) ??
        clarify(from, context)
      );
    }
    case 'answer':
    case 'correct':
    case 'other':
      return clarify(from, context);
    default:
      return unreachable(act);
  }
}

function isSure({ act, probability }: ActScore): boolean {
  return probability >= (GRAVE_ACTS.has(act) ? GRAVE_ACT_PROBABILITY_MIN : ACT_PROBABILITY_MIN);
}

function callerSaid(from: DialogStep, text: string, act: ActScore | 'unavailable' | null, context: StepContext): DialogStep {
  const { phase } = from.state;
  if (phase.name === 'closed' || phase.name === 'finding' || phase.name === 'submitting' || phase.name === 'transferring')
    return whileBusy(from, text, context);
  const heard = hear(text, from.state, context);
  const settled = takeWords(change(from, { silences: 0 }), heard, context);
  if (settled !== null) return settled;
  if (act === null) return change(from, {}, { type: 'score_act', turn: context.turn, text });
  if (act === 'unavailable' || !isSure(act)) return clarify(from, context);
  return actOn(from, act.act, heard, context);
}

/** Words while something is under way: a hard rule counts at once, a changed wish is looked for anew, the rest waits. */
function whileBusy(from: DialogStep, text: string, context: StepContext): DialogStep {
  const { phase } = from.state;
  const heard = hear(text, from.state, context);
  if (heard.rule !== null && phase.name !== 'transferring') return obeyRule(from, heard.rule, context);
  if (phase.name !== 'finding') return from;
  return takeWish(from, heard, context) ?? settleTime(from, context);
}

function noInput(from: DialogStep): DialogStep {
  const silences = from.state.silences + 1;
  const counted = change(from, { silences });
  if (silences > SILENCES_MAX)
    return change(
      speak(change(counted, { phase: { name: 'closed' } }), say.cannotHear()),
      {},
      { type: 'hang_up', outcome: from.state.outcome },
    );
  return askAgain(silences === 1 ? counted : speak(counted, say.stillThere()));
}

const KEYS: Readonly<Record<string, string>> = { '1': 'yes', '2': 'no' };

function callerPressed(from: DialogStep, digits: string, context: StepContext): DialogStep {
  if (digits === '0') return transfer(from, 'asked', context);
  const asked = askedSlot(from.state);
  const pressed = asked === 'phone' ? readDigits(digits, context.practice.phoneCountry) : null;
  if (pressed !== null) return callerSaid(from, digits.split('').join(' '), 'unavailable', context);
  const meant = KEYS[digits];
  return meant !== undefined && (asked === 'confirm' || asked === 'more' || asked === 'phone')
    ? callerSaid(from, meant, 'unavailable', context)
    : clarify(from, context);
}

function reduceInput(from: DialogStep, input: DialogInput, context: StepContext): DialogStep {
  switch (input.type) {
    case 'call_started':
      return ask(speak(from, say.disclosure(context.practice)), { name: 'intent' }, say.askIntent());
    case 'caller_said':
      return callerSaid(from, input.text, input.act, context);
    case 'caller_pressed':
      return callerPressed(from, input.digits, context);
    case 'no_input':
      return noInput(from);
    case 'slots_found':
      if (from.state.phase.name !== 'finding') return from;
      return foundSlots(from, input, context);
    case 'slots_unknown':
      return from.state.phase.name === 'finding' ? bookUnseen(from, context) : from;
    case 'intent_settled':
      return input.seq === from.state.seq && from.state.phase.name === 'submitting' ? takeResult(from, input.result, context) : from;
    case 'transfer_settled':
      return input.outcome === 'nobody' ? transferFailed(from, context) : change(from, { outcome: 'transferred' });
    case 'resumed':
      return askAgain(speak(backFromBusy(from), say.backAgain()));
    default:
      return unreachable(input);
  }
}

/** Slots from before the calendar went away are used rather than none, and the caller is told what they are; the write decides. */
function foundSlots(from: DialogStep, found: DialogInput & { readonly type: 'slots_found' }, context: StepContext): DialogStep {
  const told = found.ageMs >= SLOTS_AGE_MS_MAX ? speak(from, say.calendarOld()) : from;
  if (found.slots.length > 0) return settleTime(change(told, { free: found.slots }), context);
  const { wish } = from.state;
  // A full day: the days after it are looked at once, before the caller is asked for another one.
  if (!wish.wholeWeek && wish.day !== null) {
    return findSlots(
      change(speak(from, say.dayFull(wish.day)), { free: [], wish: { ...wish, day: addDays(wish.day, 1), wholeWeek: true } }),
      context,
    );
  }
  return ask(
    change(told, { free: [], wish: { ...wish, day: null, wholeWeek: false } }),
    { name: 'booking', asking: 'day' },
    say.nothingFree(),
  );
}

/** The calendar does not answer: the wish is taken all the same, within opening hours, and the write decides. */
function bookUnseen(from: DialogStep, context: StepContext): DialogStep {
  const { wish } = from.state;
  const service = context.practice.services.find(({ id }) => id === wish.service);
  const told = speak(from, say.calendarAway());
  if (service === undefined || wish.day === null) return transfer(told, 'failed_twice', context);
  const free = slotGrid({ profile: context.practice, service, day: wish.day, nowEpochMs: context.nowEpochMs });
  const known = change(told, { free, wish: { ...wish, wholeWeek: false } });
  return wish.time === null ? ask(known, { name: 'booking', asking: 'time' }, say.askTimeUnseen()) : settleTime(known, context);
}

/** After a restart no look-up is under way any more: what it was for is asked again. A write's fate still comes from the ledger. */
function backFromBusy(from: DialogStep): DialogStep {
  const { phase } = from.state;
  if (phase.name === 'finding')
    return change(from, {
      phase: { name: 'booking', asking: 'day' },
      wish: { ...from.state.wish, day: null, slot: null },
      last: say.askDay(),
    });
  if (phase.name === 'transferring' || phase.name === 'greeting') return change(from, { phase: { name: 'intent' }, last: say.askIntent() });
  return from;
}

/** The conversation: pure; what it wants done are moves, and their results come back as inputs. */
export function reduceDialog(
  state: DialogState,
  input: DialogInput,
  context: DialogContext,
): { readonly state: DialogState; readonly moves: readonly DialogMove[] } {
  const turn = 'turn' in input ? input.turn : asTurn(0);
  return reduceInput(begin(state), input, { ...context, turn });
}
