import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpState } from '../../../../src/domain/writeback/intent.ts';
import {
  acceptedOp,
  isFinal,
  nextStep,
  reduceOp,
  type OpEvent,
  type OpProgress,
  type OpTiming,
  type ReadBackOutcome,
} from '../../../../src/domain/writeback/reduce-op.ts';
import { RETRY_POLICY } from '../../../../src/domain/writeback/retry.ts';

const timing = { visibilityDelayMs: 500, maxInflightMs: 2000, exactlyOnce: 'guaranteed', retry: RETRY_POLICY } as const;

/** Order in which states may follow each other; what is decided is last. */
const RANK: Readonly<Record<OpState, number>> = {
  accepted: 0,
  sending: 1,
  unknown: 2,
  committed: 3,
  verified: 4,
  conflict: 4,
  rejected: 4,
  dead: 4,
  needs_human: 4,
  compensating: 4,
  compensated: 5,
};

const jitter = fc.double({ min: 0, max: 0.999, noNaN: true });
const writeResult = fc.constantFrom(
  { type: 'committed', remoteId: 'r', etag: null } as const,
  { type: 'conflict', reason: 'slot_taken' } as const,
  { type: 'rejected', code: 'destination_rejected' } as const,
  { type: 'retry', code: 'destination_unreachable', afterMs: null } as const,
  { type: 'retry', code: 'destination_unreachable', afterMs: 60_000 } as const,
  { type: 'unknown', code: 'destination_unreachable' } as const,
);
const outcome = fc.constantFrom('matches', 'differs', 'contested', 'absent', 'unavailable' as const);
const withdrawal = fc.constantFrom('gone', 'changed', 'undecided' as const);
/** Any time, and often one about which the rules change their mind. */
const duration = fc.oneof(
  fc.constantFrom(0, timing.visibilityDelayMs, timing.maxInflightMs, timing.maxInflightMs + timing.visibilityDelayMs),
  fc.integer({ min: 0, max: 4000 }),
);
/** What the world does in one step: how long it takes before and for an answer, what it answers, and whether the process dies first. */
const world = fc.record({
  passesMs: duration,
  takesMs: duration,
  jitter,
  writeResult,
  outcome,
  withdrawal,
  dies: fc.boolean(),
});
type World = ReturnType<typeof world.generate>['value'];

interface Seen {
  readonly events: OpEvent[];
  readonly states: OpProgress[];
}

/** Takes an operation through worlds as the engine does; a death loses everything but what was stored. */
function live(worlds: readonly World[]): Seen {
  let at = 1_000_000;
  let op = acceptedOp(at);
  const seen: Seen = { events: [], states: [op] };
  const apply = (event: OpEvent): void => {
    op = reduceOp(op, event, timing);
    seen.events.push(event);
    seen.states.push(op);
  };
  for (const one of worlds) {
    if (isFinal(op.state)) break;
    at = Math.max(at + one.passesMs, op.dueAtEpochMs);
    if (one.dies) apply({ type: 'lease.expired', atEpochMs: at });
    if (isFinal(op.state)) break;
    const step = nextStep(op);
    if (step === 'write') {
      apply({ type: 'write.begun', atEpochMs: at });
      if (one.dies) continue;
      at += one.takesMs;
      apply({ type: 'write.answered', atEpochMs: at, jitter: one.jitter, result: one.writeResult });
    } else if (step === 'read_back')
      apply({ type: 'read_back.answered', atEpochMs: at, jitter: one.jitter, outcome: one.outcome, code: null });
    else if (step === 'withdraw')
      apply({ type: 'withdrawal.answered', atEpochMs: at, jitter: one.jitter, outcome: one.withdrawal, code: null });
  }
  return seen;
}

const lives = fc.array(world, { maxLength: 40 });

describe('an operation, whatever happens to it', () => {
  test('never goes back', () => {
    fc.assert(
      fc.property(lives, (worlds) => {
        const ranks = live(worlds).states.map(({ state }) => RANK[state]);
        for (const [index, rank] of ranks.entries()) expect(rank).toBeGreaterThanOrEqual(ranks[index - 1] ?? 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('is verified only by a read-back that matches, and then at once', () => {
    fc.assert(
      fc.property(lives, (worlds) => {
        const { events, states } = live(worlds);
        const at = states.findIndex(({ state }) => state === 'verified');
        const matched = events.findIndex((event) => event.type === 'read_back.answered' && event.outcome === 'matches');
        expect(at === -1 ? -1 : at - 1).toBe(matched);
        for (const state of states) expect(state.verifiedAtEpochMs !== null).toBe(state.state === 'verified');
      }),
      { numRuns: 2000 },
    );
  });

  test('commits at most once', () => {
    fc.assert(
      fc.property(lives, (worlds) => {
        const commits = new Set(live(worlds).states.flatMap(({ committedAtEpochMs }) => committedAtEpochMs ?? []));
        expect(commits.size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });

  test('is not sent again while an earlier write may still arrive', () => {
    fc.assert(
      fc.property(lives, (worlds) => {
        const { events, states } = live(worlds);
        let mayArriveUntil = 0;
        for (const [index, event] of events.entries()) {
          const before = states[index];
          const until = event.atEpochMs + timing.maxInflightMs + timing.visibilityDelayMs;
          if (event.type === 'write.begun') {
            expect(event.atEpochMs).toBeGreaterThanOrEqual(mayArriveUntil);
            mayArriveUntil = until;
          }
          // It may have left just before its outcome was given up, or its holder was.
          if (event.type === 'write.answered' && event.result.type === 'unknown') mayArriveUntil = until;
          if (event.type === 'lease.expired' && before?.sentAtEpochMs !== null) mayArriveUntil = until;
          // A definite refusal of the only write: nothing is on its way.
          if (event.type === 'write.answered' && event.result.type === 'retry' && before?.state === 'sending') mayArriveUntil = 0;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('is never due in the past of what happened, nor later than the destination and the back-off ask', () => {
    fc.assert(
      fc.property(lives, (worlds) => {
        const { events, states } = live(worlds);
        for (const [index, event] of events.entries()) {
          const after = states[index + 1];
          if (after === undefined || isFinal(after.state) || event.type === 'write.begun') continue;
          expect(after.dueAtEpochMs).toBeGreaterThanOrEqual(event.atEpochMs);
          expect(after.dueAtEpochMs - event.atEpochMs).toBeLessThanOrEqual(60_000);
        }
      }),
      { numRuns: 1000 },
    );
  });

  const answered = (type: 'committed' | 'unknown', of: OpTiming = timing): OpProgress => {
    const begun = reduceOp(acceptedOp(0), { type: 'write.begun', atEpochMs: 0 }, of);
    const result =
      type === 'committed' ? ({ type, remoteId: 'r', etag: null } as const) : ({ type, code: 'destination_unreachable' } as const);
    return reduceOp(begun, { type: 'write.answered', atEpochMs: 0, jitter: 0, result }, of);
  };
  const read = (op: OpProgress, seen: ReadBackOutcome, atEpochMs: number, of: OpTiming = timing): OpProgress =>
    reduceOp(op, { type: 'read_back.answered', atEpochMs, jitter: 0, outcome: seen, code: null }, of);
  const TRUSTED_FROM = timing.maxInflightMs + timing.visibilityDelayMs;

  test('is missing only when the request can no longer arrive, and the system would show it', () => {
    expect(read(answered('unknown'), 'absent', TRUSTED_FROM - 1)).toMatchObject({ state: 'unknown', dueAtEpochMs: TRUSTED_FROM });
    expect(nextStep(read(answered('unknown'), 'absent', TRUSTED_FROM - 1))).toBe('read_back');
    expect(nextStep(read(answered('unknown'), 'absent', TRUSTED_FROM))).toBe('write');
  });

  test('may have left just before its answer was given up', () => {
    const begun = reduceOp(acceptedOp(0), { type: 'write.begun', atEpochMs: 0 }, timing);
    const result = { type: 'unknown', code: 'destination_unreachable' } as const;
    const lost = reduceOp(begun, { type: 'write.answered', atEpochMs: TRUSTED_FROM, jitter: 0, result }, timing);
    expect(nextStep(read(lost, 'absent', 2 * TRUSTED_FROM - 1))).toBe('read_back');
    expect(nextStep(read(lost, 'absent', 2 * TRUSTED_FROM))).toBe('write');
  });

  test('that may have been sent to a system that keeps no key is never sent again without a person', () => {
    const careful = { ...timing, exactlyOnce: 'human_check' } as const;
    expect(read(answered('unknown', careful), 'absent', TRUSTED_FROM, careful)).toMatchObject({
      state: 'needs_human',
      errorCode: 'outcome_unknown',
    });
  });

  test('that was answered is not counted as missing before the system would show it', () => {
    let op = answered('committed');
    for (let looks = 0; looks < 2 * RETRY_POLICY.absencesMax; looks += 1) op = read(op, 'absent', timing.visibilityDelayMs - 1);
    expect(op).toMatchObject({ state: 'committed', absences: 0 });
    for (let looks = 0; looks < RETRY_POLICY.absencesMax; looks += 1) op = read(op, 'absent', timing.visibilityDelayMs);
    expect(op).toMatchObject({ state: 'needs_human', errorCode: 'conflict_changed' });
  });

  test.each(['committed', 'unknown'] as const)('in whose time somebody else is, found after a write that was %s, is withdrawn', (type) => {
    const contested = read(answered(type), 'contested', TRUSTED_FROM);
    expect(nextStep(contested)).toBe('withdraw');
    const withdrawn = { type: 'withdrawal.answered', atEpochMs: TRUSTED_FROM, jitter: 0, code: null } as const;
    expect(reduceOp(contested, { ...withdrawn, outcome: 'gone' }, timing)).toMatchObject({ state: 'conflict' });
    expect(reduceOp(contested, { ...withdrawn, outcome: 'changed' }, timing)).toMatchObject({ state: 'needs_human' });
    expect(nextStep(reduceOp(contested, { ...withdrawn, outcome: 'undecided' }, timing))).toBe('withdraw');
  });

  test('that kills its worker again and again is given to a person', () => {
    let op = acceptedOp(0);
    for (let crash = 0; crash < RETRY_POLICY.crashesMax; crash += 1) {
      op = reduceOp(op, { type: 'lease.expired', atEpochMs: crash }, timing);
      if (!isFinal(op.state) && crash === 0) op = reduceOp(op, { type: 'write.begun', atEpochMs: crash }, timing);
    }
    expect(op.state).toBe('needs_human');
  });

  test('that was decided takes no further event', () => {
    const dead = reduceOp(acceptedOp(0), { type: 'age.exceeded', atEpochMs: 1 }, timing);
    expect(dead.state).toBe('dead');
    expect(nextStep(dead)).toBe('none');
    expect(() => reduceOp(dead, { type: 'write.begun', atEpochMs: 2 }, timing)).toThrowError(
      expect.objectContaining({ code: 'invariant_broken' }),
    );
  });
});
