import type { ActScore } from '../domain/dialog/act.ts';
import type { Slot } from '../domain/utterance/utterance.ts';

/** The language model's part: which act a caller's turn is. Throws `speech_failed` or `timed_out`; the dialog carries on without it. */
export interface Language {
  scoreAct(turn: { readonly asked: Slot | null; readonly text: string }, options: { readonly signal: AbortSignal }): Promise<ActScore>;
  close(): Promise<void>;
}
