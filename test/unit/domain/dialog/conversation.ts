import { asCallId, asOpId, asTurn } from '../../../../src/base/ids.ts';
import type { ActScore } from '../../../../src/domain/dialog/act.ts';
import type { DialogContext, DialogInput, DialogMove, IntentResult } from '../../../../src/domain/dialog/dialog.ts';
import { reduceDialog } from '../../../../src/domain/dialog/reduce-dialog.ts';
import { askedSlot, initialDialog, type DialogState } from '../../../../src/domain/dialog/state.ts';
import type { FreeSlot } from '../../../../src/domain/hours/free-slot.ts';
import { slotGrid } from '../../../../src/domain/hours/slot-grid.ts';
import { addDays, daysBetween } from '../../../../src/domain/hours/local-date.ts';
import type { UtteranceDraft } from '../../../../src/domain/utterance/utterance.ts';
import type { IntentPayload } from '../../../../src/domain/writeback/intent.ts';
import { loadPractice } from '../../../../src/config/config.ts';
import { join } from 'node:path';

export const practice = loadPractice(join(import.meta.dirname, '..', '..', '..', '..', 'config', 'practice.demo.yaml'));
/** Monday. */
export const NOW = Date.parse('2026-03-02T09:00:00+01:00');

export interface World {
  readonly busy?: readonly string[];
  readonly context?: Partial<DialogContext>;
  readonly act?: ActScore | 'unavailable';
  /** The fate of intents; by default the destination holds what was asked for. */
  readonly settle?: (payload: IntentPayload, seq: number) => IntentResult;
  readonly calendar?: 'down';
  /** How long ago the calendar was read; 0 by default. */
  readonly slotsAgeMs?: number;
}

/** What the dialog knows of a call about which nothing is known. */
export const plainContext: DialogContext = {
  call: asCallId('c'),
  practice,
  nowEpochMs: NOW,
  callerNumber: '+493055501234',
  ownBookings: [],
  entered: [],
  knownNames: [],
};

/** Talks to the dialog as the rest of the product would: slots from opening hours, writes that succeed. */
export function talk(world: World = {}) {
  const context: DialogContext = { ...plainContext, ...world.context };
  let state: DialogState = initialDialog;
  let turn = 0;
  const said: UtteranceDraft[] = [];
  const moves: DialogMove[] = [];
  const free = (query: { readonly service: string; readonly fromDay: string; readonly toDay: string }): readonly FreeSlot[] => {
    const service = practice.services.find(({ id }) => id === query.service);
    if (service === undefined) return [];
    const days = Array.from({ length: daysBetween(query.fromDay, query.toDay) + 1 }, (_value, index) => addDays(query.fromDay, index));
    return days
      .flatMap((day) => slotGrid({ profile: practice, service, day, nowEpochMs: NOW }))
      .filter(({ start }) => !(world.busy ?? []).some((taken) => start.startsWith(taken)));
  };
  const settle =
    world.settle ??
    ((payload: IntentPayload): IntentResult => ({
      state: 'verified',
      op: asOpId('op1'),
      fingerprint: 'f',
      readBack: payload,
    }));
  const feed = (input: DialogInput): void => {
    const next = reduceDialog(state, input, context);
    state = next.state;
    for (const move of next.moves) {
      moves.push(move);
      if (move.type === 'say') said.push(move.utterance);
      if (move.type === 'score_act') feed({ type: 'caller_said', turn: move.turn, text: move.text, act: world.act ?? 'unavailable' });
      if (move.type === 'find_slots')
        feed(
          world.calendar === 'down'
            ? { type: 'slots_unknown', turn: move.turn, query: move.query }
            : { type: 'slots_found', turn: move.turn, query: move.query, slots: free(move.query), ageMs: world.slotsAgeMs ?? 0 },
        );
      if (move.type === 'submit') feed({ type: 'intent_settled', turn: move.turn, seq: move.seq, result: settle(move.payload, move.seq) });
    }
  };
  feed({ type: 'call_started' });
  const next = (): ReturnType<typeof asTurn> => asTurn((turn += 1));
  return {
    feed,
    /** The caller says something; gives what the agent says to it. */
    hears: (text: string): string => {
      const before = said.length;
      feed({ type: 'caller_said', turn: next(), text, act: null });
      return said
        .slice(before)
        .flatMap(({ clauses }) => clauses)
        .join(' ');
    },
    presses: (digits: string): void => feed({ type: 'caller_pressed', turn: next(), digits }),
    resumes: (): void => feed({ type: 'resumed', turn: next() }),
    nobodyAnswers: (): void => feed({ type: 'transfer_settled', turn: next(), outcome: 'nobody' }),
    silence: (): void => feed({ type: 'no_input', turn: next() }),
    asked: () => askedSlot(state),
    state: () => state,
    said,
    moves,
    last: () => said.at(-1),
    submitted: (): readonly IntentPayload[] => moves.flatMap((move) => (move.type === 'submit' ? [move.payload] : [])),
    ending: () => moves.flatMap((move) => (move.type === 'hang_up' ? [move.outcome] : []))[0] ?? null,
  };
}
