import { submit } from './booking.ts';
import { appointmentsAhead, chosenOwn, dayOfOwn, NAMED_MAX, referenceOf, type Appointment, type Description } from './choosing-own.ts';
import type { DialogContext, EnteredAppointment } from './dialog.ts';
import type { Hearing } from './hearing.ts';
import { saysTheOther, withoutDestination } from './language/en/parse-choice.ts';
import { parseDay } from './language/en/parse-day.ts';
import { parseTime } from './language/en/parse-time.ts';
import { say } from './language/en/templates.ts';
import { startMessage, startMessageAbout } from './message.ts';
import { freshWish } from './state.ts';
import { ask, change, speak, understood, type DialogStep, type StepContext } from './step.ts';

/** What a caller wants with an appointment of their own. */
type Change = 'cancel' | 'move';

const spokenService = ({ service }: Appointment, context: DialogContext): string =>
  context.practice.services.find(({ id }) => id === service)?.spokenName ?? 'an appointment';

/** The appointment is settled: it is named, and asked whether to cancel it or which day suits better. */
function changeOne(from: DialogStep, what: Change, own: Appointment, context: StepContext): DialogStep {
  if (!('op' in own)) return passOn(from, what, own, context);
  const service = spokenService(own, context);
  if (what === 'cancel')
    return ask(understood(from), { name: 'cancelling', target: own.op }, say.askCancel(service, own.start, context.practice));
  const wish = { ...freshWish(from.state.wish), service: own.service, moves: own.op };
  return ask(
    change(understood(from), { wish, free: [], offered: [] }),
    { name: 'booking', asking: 'day' },
    say.askNewDay(service, own.start, context.practice),
  );
}

/** What people entered is theirs to change: they get a message that says which appointment, and for a move what would suit better. */
function passOn(from: DialogStep, what: Change, entered: EnteredAppointment, context: StepContext): DialogStep {
  const said = speak(understood(from), say.enteredByPractice(spokenService(entered, context), entered.start, context.practice));
  return startMessageAbout(said, say.changeWish(what, entered.start, context.practice), { isWhole: what === 'cancel' }, context);
}

/** With several in question, the next ones are named and the caller says which: by the day, or on one day by the time. */
function changeOneOf(from: DialogStep, what: Change, among: readonly Appointment[], context: StepContext): DialogStep {
  const [first] = among;
  if (first !== undefined && among.length === 1) return changeOne(from, what, first, context);
  const asking = new Set(among.map((own) => dayOfOwn(own, context))).size > 1 ? 'day' : 'time';
  const named = among.slice(0, NAMED_MAX).map((own) => ({ service: spokenService(own, context), start: own.start }));
  return ask(
    understood(from),
    { name: 'choosing', what, among: among.map(referenceOf), asking },
    say.askWhich(named, asking, context.practice),
  );
}

/** What a wish says of the appointment itself; the day that it is to be moved to says nothing of it. */
function description(what: Change, heard: Hearing, { practice, nowEpochMs }: DialogContext): Description {
  if (what === 'cancel') return heard;
  const dayContext = { nowEpochMs, timeZone: practice.timeZone };
  const text = withoutDestination(heard.text, dayContext);
  return { text, day: parseDay(text, dayContext), time: parseTime(text, { bare: false }), service: heard.service };
}

function start(from: DialogStep, what: Change, heard: Hearing, context: StepContext): DialogStep {
  const own = appointmentsAhead(from.state, context);
  if (own.length === 0) return startMessage(speak(from, say.noBooking()), heard.text, context);
  const chosen = chosenOwn(own, description(what, heard, context), context);
  return changeOneOf(from, what, chosen.length === 0 ? own : chosen, context);
}

export const startCancel = (from: DialogStep, heard: Hearing, context: StepContext): DialogStep => start(from, 'cancel', heard, context);
export const startMove = (from: DialogStep, heard: Hearing, context: StepContext): DialogStep => start(from, 'move', heard, context);

function leaveIt(from: DialogStep): DialogStep {
  return ask(speak(change(understood(from), { outcome: 'informed' }), say.leftAsItIs()), { name: 'more' }, say.askMore());
}

/** The answer to "which one?", and a change of mind about it before the yes; null when the words name none. */
export function takeWhich(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { phase } = from.state;
  if (phase.name !== 'choosing' && phase.name !== 'cancelling') return null;
  const own = appointmentsAhead(from.state, context);
  if (phase.name === 'choosing') {
    const chosen = chosenOwn(
      own.filter((one) => phase.among.includes(referenceOf(one))),
      heard,
      context,
    );
    if (chosen.length > 0) return changeOneOf(from, phase.what, chosen, context);
    return heard.yesNo?.answer === 'no' && heard.day === null && heard.time === null ? leaveIt(from) : null;
  }
  const others = own.filter((one) => referenceOf(one) !== phase.target);
  const chosen = saysTheOther(heard.text) ? others : chosenOwn(own, heard, context);
  return chosen.length === 0 || chosen.some((one) => referenceOf(one) === phase.target)
    ? null
    : changeOneOf(from, 'cancel', chosen, context);
}

/** Yes or no to "shall I cancel it?"; null for neither. */
export function takeCancelAnswer(from: DialogStep, answer: 'yes' | 'no' | null, context: StepContext): DialogStep | null {
  const { phase } = from.state;
  if (phase.name !== 'cancelling' || answer === null) return null;
  if (answer === 'yes') return submit(understood(from), { kind: 'cancel', target: phase.target }, 'cancel', context);
  return leaveIt(from);
}
