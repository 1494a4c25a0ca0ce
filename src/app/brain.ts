import type { DialogBrain } from '../domain/call/brain.ts';
import { likelyClauses } from '../domain/dialog/ahead.ts';
import type { DialogContext } from '../domain/dialog/dialog.ts';
import { findClaim } from '../domain/dialog/language/en/claims.ts';
import { slotProgress } from '../domain/dialog/language/en/parse-slot.ts';
import { say } from '../domain/dialog/language/en/templates.ts';
import { reduceDialog } from '../domain/dialog/reduce-dialog.ts';
import { outcomeOf } from '../domain/dialog/settling.ts';
import { askedSlot, expectationOf, initialDialog, type DialogState } from '../domain/dialog/state.ts';
import { admitUtterance } from '../domain/utterance/admit.ts';

const known = (state: unknown): DialogState => state as DialogState;

/** What a person should take up when a caller is cut off in the middle of a booking or message that has a number to call back. */
function unfinished(state: DialogState, context: DialogContext): string | null {
  const isHalf =
    (state.phase.name === 'booking' && state.wish.slot !== null) || (state.phase.name === 'message' && state.note.text !== null);
  return isHalf && (context.callerNumber !== null || state.wish.phone !== null)
    ? `A caller was cut off (${state.phase.name}); see \`vestibule calls show ${context.call}\`.`
    : null;
}

/** The English receptionist as the call sees it. */
export const englishBrain: DialogBrain = {
  initial: () => initialDialog,
  reduce: (state, input, context) => reduceDialog(known(state), input, context),
  asked: (state) => askedSlot(known(state)),
  expectation: (state) => expectationOf(known(state)),
  progress: (state, text, context) => slotProgress(askedSlot(known(state)), text, context),
  admit: (draft, id) => {
    const admission = admitUtterance(draft, id, findClaim);
    return admission.type === 'admitted' ? admission.utterance : null;
  },
  filler: (waitingFor) => (waitingFor === 'slots' ? say.fillerLooking() : say.fillerWorking()),
  unproven: () => say.unproven(),
  timeUp: () => say.timeUp(),
  numbers: (state) => {
    const { wish, note } = known(state);
    return [...new Set([wish.phone, note.phone])].filter((phone) => phone !== null);
  },
  outcome: (state) => outcomeOf(known(state)),
  unfinished: (state, context) => unfinished(known(state), context),
  likelyClauses: (state, context) => likelyClauses(known(state), context),
};
