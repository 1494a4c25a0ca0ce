import type { Slot } from '../utterance/utterance.ts';
import { dictation } from './dictation.ts';
import { expectedSlotComplete } from './expected-slot-complete.ts';
import { sentenceComplete } from './sentence-complete.ts';
import { trailingWord } from './trailing-word.ts';

/** What is known when the caller falls silent. */
export interface TurnEndInput {
  readonly asked: Slot | null;
  /** Text recognised so far, lower case; may lack the last syllables. */
  readonly text: string;
  /** How the asked slot reads the text: nothing of it, a beginning, or all of it. */
  readonly slot: 'absent' | 'partial' | 'complete';
}

/** One reason to wait for a certain silence; null when it has nothing to say. */
export type TurnEndStrategy = (input: TurnEndInput) => number | null;

/** Silence after which a turn ends whatever was said, in milliseconds. */
export const TURN_SILENCE_MS_MAX = 2500;
/** Silence that ends a turn of which nothing is known, in milliseconds. */
const TURN_SILENCE_MS_USUAL = 700;

/** In order of authority: an unfinished sentence outranks a slot that happens to parse. */
const STRATEGIES: readonly TurnEndStrategy[] = [trailingWord, dictation, expectedSlotComplete, sentenceComplete];

/** Silence in milliseconds, counted from the caller's last voiced sample, after which the turn ends. */
export function turnEndSilenceMs(input: TurnEndInput): number {
  for (const strategy of STRATEGIES) {
    const silenceMs = strategy(input);
    if (silenceMs !== null) return Math.min(silenceMs, TURN_SILENCE_MS_MAX);
  }
  return TURN_SILENCE_MS_USUAL;
}
