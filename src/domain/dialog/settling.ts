import { ownAhead } from './choosing-own.ts';
import type { IntentResult, Outcome, OwnBooking } from './dialog.ts';
import { findSlots } from './offering.ts';
import { transfer } from './escalating.ts';
import { say } from './language/en/templates.ts';
import { freshWish, type DialogState } from './state.ts';
import { ask, change, speak, type DialogStep, type StepContext } from './step.ts';

type Verified = IntentResult & { readonly state: 'verified' };
type Pending = IntentResult & { readonly state: 'pending' };

/** The appointment that a request made, as one of the caller's own; null when it made none. */
function madeBy(from: DialogStep, { op, readBack }: Verified, context: StepContext): OwnBooking | null {
  if (readBack.kind === 'booking') return { op, service: readBack.service, start: readBack.start, name: readBack.name, ageMinutes: 0 };
  if (readBack.kind !== 'reschedule') return null;
  const before = ownAhead(from.state, context).find((own) => own.op === readBack.target);
  return before === undefined ? null : { ...before, op, start: readBack.start, ageMinutes: 0 };
}

/** After a request: what it made is the caller's at once, and what it moved or cancelled is not any more. */
function more(from: DialogStep, outcome: DialogState['outcome'], result: Verified | Pending, context: StepContext): DialogStep {
  const { phase, wish, gone, made } = from.state;
  const target = phase.name === 'submitting' ? phase.target : null;
  const own = result.state === 'verified' ? madeBy(from, result, context) : null;
  const next = {
    outcome,
    wish: freshWish(wish),
    free: [],
    offered: [],
    gone: target === null ? gone : [...gone, target],
    made: own === null ? made : [...made, own],
  };
  return ask(change(from, next), { name: 'more' }, say.askMore());
}

/** Commitments: every detail comes from what the destination gave back. */
function committed(from: DialogStep, result: Verified, context: StepContext): DialogStep {
  const proof = { op: result.op, fingerprint: result.fingerprint };
  const { phase } = from.state;
  const isMove = phase.name === 'submitting' && phase.what === 'move';
  switch (result.readBack.kind) {
    case 'booking':
      return more(
        speak(from, isMove ? say.moved(result.readBack, proof, context.practice) : say.booked(result.readBack, proof, context.practice)),
        isMove ? 'rescheduled' : 'booked',
        result,
        context,
      );
    case 'message':
      return more(speak(from, say.delivered(proof)), 'message', result, context);
    case 'cancel':
      return more(speak(from, say.cancelled(proof)), 'cancelled', result, context);
    case 'reschedule':
      return more(speak(from, say.movedTo(result.readBack.start, proof, context.practice)), 'rescheduled', result, context);
    default:
      return result.readBack satisfies never;
  }
}

/** What a call has come to once a request was accepted: the ledger carries it out, whether the caller hears of it or not. */
const OUTCOMES_OF = { booking: 'booked', message: 'message', cancel: 'cancelled', move: 'rescheduled' } as const;

/** What has come of the call so far: a request that is on its way counts, since it is carried out without the caller. */
export function outcomeOf(state: DialogState): Outcome {
  return state.phase.name === 'submitting' ? OUTCOMES_OF[state.phase.what] : state.outcome;
}

/** The fate of what was submitted, told as it is. */
export function takeResult(from: DialogStep, result: IntentResult, context: StepContext): DialogStep {
  switch (result.state) {
    case 'verified':
      return committed(from, result, context);
    case 'pending':
      return more(speak(from, say.pending(result.op)), outcomeOf(from.state), result, context);
    case 'conflict': {
      const { wish, phase } = from.state;
      const isAboutTime = phase.name === 'submitting' && (phase.what === 'booking' || phase.what === 'move');
      if (!isAboutTime) return transfer(speak(from, say.couldNot(result.op)), 'failed_twice', context);
      return findSlots(
        change(speak(from, say.takenMeanwhile(result.op)), { wish: { ...wish, slot: null, time: null }, free: [], offered: [] }),
        context,
      );
    }
    case 'rejected':
      return transfer(speak(from, say.couldNot(result.op)), 'failed_twice', context);
    case 'not_accepted':
      return transfer(speak(from, say.couldNot(null)), 'failed_twice', context);
    default:
      return result satisfies never;
  }
}
