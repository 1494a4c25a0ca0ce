import { say } from './language/en/templates.ts';
import type { UtteranceDraft } from '../utterance/utterance.ts';
import type { TurnNumber } from '../../base/ids.ts';
import type { DialogContext, DialogMove } from './dialog.ts';
import type { DialogPhase, DialogState } from './state.ts';

/** A dialog state on its way to the next, with the moves gathered so far. */
export interface DialogStep {
  readonly state: DialogState;
  readonly moves: readonly DialogMove[];
}

export interface StepContext extends DialogContext {
  /** The turn that is being answered. */
  readonly turn: TurnNumber;
}

export const begin = (state: DialogState): DialogStep => ({ state, moves: [] });

export function change(from: DialogStep, update: Partial<DialogState>, ...moves: readonly DialogMove[]): DialogStep {
  return { state: { ...from.state, ...update }, moves: [...from.moves, ...moves] };
}

/** Says something; what asks for an answer is remembered, to be said again on request. */
export function speak(from: DialogStep, ...drafts: readonly UtteranceDraft[]): DialogStep {
  const asking = drafts.findLast(({ asks }) => asks !== null);
  return change(from, asking === undefined ? {} : { last: asking }, ...drafts.map((utterance): DialogMove => ({ type: 'say', utterance })));
}

/** Says something and waits in a phase. */
export function ask(from: DialogStep, phase: DialogPhase, draft: UtteranceDraft): DialogStep {
  return speak(change(from, { phase }), draft);
}

/** The pending question again; after remarks and answers. */
export function askAgain(from: DialogStep): DialogStep {
  const { last, phase } = from.state;
  if (last === null || phase.name === 'finding' || phase.name === 'submitting' || phase.name === 'transferring') return from;
  return speak(from, last);
}

/** An answer was given: what is asked next begins with a clean slate. */
export function understood(from: DialogStep): DialogStep {
  return change(from, { misses: 0, silences: 0 });
}

export function close(from: DialogStep): DialogStep {
  return change(speak(change(from, { phase: { name: 'closed' } }), say.goodbye()), {}, { type: 'hang_up', outcome: from.state.outcome });
}
