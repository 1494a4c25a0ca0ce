import type { DialogContext, DialogInput, DialogMove, Expectation, Outcome } from '../dialog/dialog.ts';
import type { UtteranceId } from '../../base/ids.ts';
import type { Slot, Utterance, UtteranceDraft } from '../utterance/utterance.ts';

/** The dialog's own state; the call never looks inside. */
export type DialogState = unknown;

/** What the call needs of the dialog. Pure functions; `src/domain/dialog` has the real ones. */
export interface DialogBrain {
  initial(): DialogState;
  reduce(
    state: DialogState,
    input: DialogInput,
    context: DialogContext,
  ): { readonly state: DialogState; readonly moves: readonly DialogMove[] };
  asked(state: DialogState): Slot | null;
  expectation(state: DialogState): Expectation;
  /** How the asked slot reads a text. */
  progress(state: DialogState, text: string, context: DialogContext): 'absent' | 'partial' | 'complete';
  /** The first gate: an utterance with an id, or null when the draft claims what it may not claim. */
  admit(draft: UtteranceDraft, id: UtteranceId): Utterance | null;
  /** What is said when nothing is ready in time; never a claim. */
  filler(waitingFor: 'act' | 'slots' | 'intent' | 'transfer'): UtteranceDraft;
  /** Said in place of a commitment that the ledger did not bear out at the last moment. */
  unproven(): UtteranceDraft;
  /** Said when the call has reached its length limit. */
  timeUp(): UtteranceDraft;
  /** Telephone numbers (E.164) that the caller has given so far. */
  numbers(state: DialogState): readonly string[];
  /** What has come of the conversation so far. */
  outcome(state: DialogState): Outcome;
  /** A conversation cut off here leaves something undone that a person should take up; null when not. */
  unfinished(state: DialogState, context: DialogContext): string | null;
  /** Clauses that may be needed next, for rendering ahead. */
  likelyClauses(state: DialogState, context: DialogContext): readonly string[];
}
