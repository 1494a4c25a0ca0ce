import { asTurn } from '../../base/ids.ts';
import type { ActScore } from '../../domain/dialog/act.ts';
import type { DialogInput, DialogMove } from '../../domain/dialog/dialog.ts';
import { dialogContext, type CallContext, type CallState } from '../../domain/call/state.ts';
import type { SlotQuery } from '../../domain/hours/free-slot.ts';
import type { Slot } from '../../domain/utterance/utterance.ts';
import type { CallDeps } from './deps.ts';
import type { SlotReads, SlotsFound } from './slot-reads.ts';

/** Scores kept per call; older ones are made anew. */
const SCORES_MAX = 16;
const SCORE_MS_MAX = 1500;
/** Hypothetical steps taken ahead for one text: an act, free slots, and the words. */
const STEPS_MAX = 4;

/**
 * Work done before a turn has ended: act scores, free slots and rendered clauses, without side effects. What is asked for again
 * for the same text is shared; what no longer fits is forgotten.
 */
export interface Speculation {
  score(asked: Slot | null, text: string): Promise<ActScore | 'unavailable'>;
  slots(query: SlotQuery): Promise<SlotsFound>;
  /** Prepares the answer as if the turn ended with this text now. */
  ahead(state: CallState, context: CallContext, text: string): void;
}

export function createSpeculation(deps: CallDeps, reads: SlotReads): Speculation {
  const scores = new Map<string, Promise<ActScore | 'unavailable'>>();
  const score = (asked: Slot | null, text: string): Promise<ActScore | 'unavailable'> => {
    const key = `${asked ?? ''}|${text}`;
    const scored = scores.get(key);
    if (scored !== undefined) return scored;
    const signal = AbortSignal.timeout(SCORE_MS_MAX);
    const fresh = deps.language.scoreAct({ asked, text }, { signal }).catch((error: unknown) => {
      deps.log.warn('act not scored', { reason: error instanceof Error ? error.message : String(error) });
      scores.delete(key);
      return 'unavailable' as const;
    });
    scores.set(key, fresh);
    if (scores.size > SCORES_MAX) scores.delete(scores.keys().next().value ?? key);
    return fresh;
  };
  /** One hypothetical move on: what the dialog would hear next, or null when it would wait for the caller or a write. */
  const follow = async (move: DialogMove, asked: Slot | null): Promise<DialogInput | null> => {
    if (move.type === 'score_act') return { type: 'caller_said', turn: move.turn, text: move.text, act: await score(asked, move.text) };
    if (move.type !== 'find_slots') return null;
    const found = await reads.find(move.query);
    return found === 'unknown'
      ? { type: 'slots_unknown', turn: move.turn, query: move.query }
      : { type: 'slots_found', turn: move.turn, query: move.query, ...found };
  };
  const walk = async (state: CallState, context: CallContext, text: string): Promise<void> => {
    let dialog = state.dialog;
    let input: DialogInput | null = { type: 'caller_said', turn: asTurn(state.turn + 1), text, act: null };
    for (let taken = 0; taken < STEPS_MAX && input !== null; taken += 1) {
      const reduced = deps.brain.reduce(dialog, input, dialogContext(state, context));
      dialog = reduced.state;
      const clauses = reduced.moves.flatMap((move) => (move.type === 'say' ? move.utterance.clauses : []));
      if (clauses.length > 0) deps.audio.prepare(clauses);
      input = null;
      for (const move of reduced.moves) input ??= await follow(move, deps.brain.asked(state.dialog));
    }
  };
  return {
    score,
    slots: (query) => reads.find(query),
    ahead: (state, context, text) => {
      walk(state, context, text).catch((error: unknown) => deps.log.debug('speculation failed', { reason: String(error) }));
    },
  };
}
