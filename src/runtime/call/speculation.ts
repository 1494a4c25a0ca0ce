import type { Scope } from '../../base/scope.ts';
import { asTurn } from '../../base/ids.ts';
import type { ActScore } from '../../domain/dialog/act.ts';
import type { DialogInput, DialogMove } from '../../domain/dialog/dialog.ts';
import { dialogContext, type CallContext, type CallState } from '../../domain/call/state.ts';
import type { FreeSlot, SlotQuery } from '../../domain/hours/free-slot.ts';
import type { Slot } from '../../domain/utterance/utterance.ts';
import type { CallDeps } from './deps.ts';

/** Results kept per call; older ones are made anew. */
const ENTRIES_MAX = 16;
/** Free slots older than this are read again before they are offered, in milliseconds. */
const SLOTS_AGE_MS_MAX = 5000;
const SCORE_MS_MAX = 1500;
const SLOTS_MS_MAX = 2500;
/** Hypothetical steps taken ahead for one text: an act, free slots, and the words. */
const STEPS_MAX = 4;

/**
 * Work done before a turn has ended: act scores, free slots and rendered clauses, without side effects. What is asked for again
 * for the same text is shared; what no longer fits is forgotten.
 */
export interface Speculation {
  score(asked: Slot | null, text: string): Promise<ActScore | 'unavailable'>;
  slots(query: SlotQuery): Promise<readonly FreeSlot[] | 'unknown'>;
  /** Prepares the answer as if the turn ended with this text now. */
  ahead(state: CallState, context: CallContext, text: string): void;
}

function remember<V>(cache: Map<string, V>, key: string, value: V): V {
  cache.set(key, value);
  if (cache.size > ENTRIES_MAX) cache.delete(cache.keys().next().value ?? key);
  return value;
}

export function createSpeculation(deps: CallDeps, scope: Scope): Speculation {
  const scores = new Map<string, Promise<ActScore | 'unavailable'>>();
  const slotReads = new Map<string, { readonly atMs: number; readonly slots: Promise<readonly FreeSlot[] | 'unknown'> }>();
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
    return remember(scores, key, fresh);
  };
  const slots = (query: SlotQuery): Promise<readonly FreeSlot[] | 'unknown'> => {
    const key = JSON.stringify(query);
    const known = slotReads.get(key);
    if (known !== undefined && deps.clock.monotonicMs() - known.atMs < SLOTS_AGE_MS_MAX) return known.slots;
    const fresh = deps.bookings.freeSlots(query, { signal: scope.signal, limitMs: SLOTS_MS_MAX }).then(
      (found) => found.slots,
      (error: unknown) => {
        deps.log.warn('free slots not read', { reason: error instanceof Error ? error.message : String(error) });
        slotReads.delete(key);
        return 'unknown' as const;
      },
    );
    remember(slotReads, key, { atMs: deps.clock.monotonicMs(), slots: fresh });
    return fresh;
  };
  /** One hypothetical move on: what the dialog would hear next, or null when it would wait for the caller or a write. */
  const follow = async (move: DialogMove, asked: Slot | null): Promise<DialogInput | null> => {
    if (move.type === 'score_act') return { type: 'caller_said', turn: move.turn, text: move.text, act: await score(asked, move.text) };
    if (move.type !== 'find_slots') return null;
    const found = await slots(move.query);
    return found === 'unknown'
      ? { type: 'slots_unknown', turn: move.turn, query: move.query }
      : { type: 'slots_found', turn: move.turn, query: move.query, slots: found };
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
    slots,
    ahead: (state, context, text) => {
      walk(state, context, text).catch((error: unknown) => deps.log.debug('speculation failed', { reason: String(error) }));
    },
  };
}
