import { submit } from './booking.ts';
import type { DialogContext, OwnBooking } from './dialog.ts';
import { startMessage } from './message.ts';
import { say } from './language/en/templates.ts';
import { freshWish } from './state.ts';
import { ask, change, speak, understood, type DialogStep, type StepContext } from './step.ts';

/** The caller's next own booking. Only the number that calls is trusted, and only what this product wrote is touched. */
function nextOwn(context: DialogContext): OwnBooking | null {
  return (
    context.ownBookings
      .filter(({ start }) => Date.parse(start) > context.nowEpochMs)
      .toSorted((a, b) => a.start.localeCompare(b.start))[0] ?? null
  );
}

const spokenService = (booking: OwnBooking, context: DialogContext): string =>
  context.practice.services.find(({ id }) => id === booking.service)?.spokenName ?? 'an appointment';

export function startCancel(from: DialogStep, text: string, context: StepContext): DialogStep {
  const own = nextOwn(context);
  if (own === null) return startMessage(speak(from, say.noBooking()), text, context);
  return ask(
    understood(from),
    { name: 'cancelling', target: own.op },
    say.askCancel(spokenService(own, context), own.start, context.practice),
  );
}

export function startMove(from: DialogStep, text: string, context: StepContext): DialogStep {
  const own = nextOwn(context);
  if (own === null) return startMessage(speak(from, say.noBooking()), text, context);
  const wish = { ...freshWish(from.state.wish), service: own.service, moves: own.op };
  return ask(
    change(understood(from), { wish }),
    { name: 'booking', asking: 'day' },
    say.askNewDay(spokenService(own, context), own.start, context.practice),
  );
}

/** Yes or no to "shall I cancel it?"; null for neither. */
export function takeCancelAnswer(from: DialogStep, answer: 'yes' | 'no' | null, context: StepContext): DialogStep | null {
  const { phase } = from.state;
  if (phase.name !== 'cancelling' || answer === null) return null;
  if (answer === 'yes') return submit(understood(from), { kind: 'cancel', target: phase.target }, 'cancel', context);
  return ask(speak(change(understood(from), { outcome: 'informed' }), say.leftAsItIs()), { name: 'more' }, say.askMore());
}
