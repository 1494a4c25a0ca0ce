import { invariant, unreachable } from '../../base/invariant.ts';
import type { WriteResult } from './answer.ts';
import type { OpState } from './intent.ts';
import { retryDelayMs, type RetryPolicy } from './retry.ts';

/** How far an operation has come; what the ledger keeps of it beside its content. Times in epoch milliseconds. */
export interface OpProgress {
  readonly state: OpState;
  /** Writes begun. */
  readonly attempts: number;
  /** Steps in a row without a definitive answer; drives the back-off. */
  readonly failures: number;
  /** Leases in a row that ended without a result. */
  readonly crashes: number;
  /** Read-backs in a row that missed a committed record. */
  readonly absences: number;
  /** Whether an entry that is not ours was seen in the time of ours. */
  readonly overlap: 'none' | 'found';
  readonly acceptedAtEpochMs: number;
  readonly dueAtEpochMs: number;
  /** When a write that may still arrive was begun; null when none may. */
  readonly sentAtEpochMs: number | null;
  readonly committedAtEpochMs: number | null;
  readonly verifiedAtEpochMs: number | null;
  readonly errorCode: string | null;
}

/** What happened to an operation. `jitter` in [0, 1) spreads the next attempt. */
export type OpEvent =
  | { readonly type: 'write.begun'; readonly atEpochMs: number }
  | { readonly type: 'write.answered'; readonly atEpochMs: number; readonly jitter: number; readonly result: WriteResult }
  | {
      readonly type: 'read_back.answered';
      readonly atEpochMs: number;
      readonly jitter: number;
      readonly outcome: ReadBackOutcome;
      readonly code: string | null;
    }
  | {
      readonly type: 'withdrawal.answered';
      readonly atEpochMs: number;
      readonly jitter: number;
      readonly outcome: 'gone' | 'changed' | 'undecided';
      readonly code: string | null;
    }
  /** The operation that this one moves or cancels is not decided yet. */
  | { readonly type: 'op.deferred'; readonly atEpochMs: number; readonly jitter: number; readonly code: string }
  | { readonly type: 'lease.expired'; readonly atEpochMs: number }
  | { readonly type: 'age.exceeded'; readonly atEpochMs: number };

/** The read-back compared with what was agreed. */
export type ReadBackOutcome = 'matches' | 'differs' | 'contested' | 'absent' | 'unavailable';

/** What the destination declares about itself, as far as the rules need it; milliseconds. */
export interface OpTiming {
  readonly visibilityDelayMs: number;
  readonly maxInflightMs: number;
  /** `human_check`: what may have been written is never written again without a person. */
  readonly exactlyOnce: 'guaranteed' | 'human_check';
  readonly retry: RetryPolicy;
}

/** What to do next with a claimed operation. */
export type OpStep = 'write' | 'read_back' | 'withdraw' | 'none';

const FINAL: ReadonlySet<OpState> = new Set<OpState>(['verified', 'rejected', 'conflict', 'dead', 'compensated', 'needs_human']);

/** True for states that nothing leaves. */
export function isFinal(state: OpState): boolean {
  return FINAL.has(state);
}

export function acceptedOp(atEpochMs: number): OpProgress {
  return {
    state: 'accepted',
    attempts: 0,
    failures: 0,
    crashes: 0,
    absences: 0,
    overlap: 'none',
    acceptedAtEpochMs: atEpochMs,
    dueAtEpochMs: atEpochMs,
    sentAtEpochMs: null,
    committedAtEpochMs: null,
    verifiedAtEpochMs: null,
    errorCode: null,
  };
}

/** A write that may have arrived is looked for before anything is sent again. */
export function nextStep(op: OpProgress): OpStep {
  switch (op.state) {
    case 'accepted':
      return 'write';
    case 'sending':
    case 'unknown':
      return op.sentAtEpochMs === null ? 'write' : 'read_back';
    case 'committed':
      return op.overlap === 'found' ? 'withdraw' : 'read_back';
    case 'verified':
    case 'rejected':
    case 'conflict':
    case 'dead':
    case 'compensating':
    case 'compensated':
    case 'needs_human':
      return 'none';
  }
}

/** The one place where the state of an operation changes. Throws `invariant_broken` on an event that its state cannot have. */
export function reduceOp(op: OpProgress, event: OpEvent, timing: OpTiming): OpProgress {
  invariant(!isFinal(op.state), `nothing happens to an operation that is ${op.state}`);
  switch (event.type) {
    case 'write.begun':
      return writeBegun(op, event.atEpochMs);
    case 'write.answered':
      return writeAnswered(op, event, timing);
    case 'read_back.answered':
      return op.state === 'committed' ? committedReadBack(op, event, timing) : openReadBack(op, event, timing);
    case 'withdrawal.answered':
      return withdrawalAnswered(op, event, timing);
    case 'op.deferred':
      return later(op, event, timing);
    case 'lease.expired':
      return leaseExpired(op, event.atEpochMs, timing.retry);
    case 'age.exceeded':
      return givenUp(op, 'timed_out');
    default:
      return unreachable(event);
  }
}

function writeBegun(op: OpProgress, atEpochMs: number): OpProgress {
  invariant(op.state === 'accepted' || op.state === 'sending' || op.state === 'unknown', 'only an open operation is written');
  const state = op.state === 'unknown' ? 'unknown' : 'sending';
  return { ...op, state, attempts: op.attempts + 1, sentAtEpochMs: atEpochMs };
}

function writeAnswered(op: OpProgress, event: OpEvent & { type: 'write.answered' }, timing: OpTiming): OpProgress {
  invariant(op.state === 'sending' || op.state === 'unknown', 'an answer follows a write');
  const { result, atEpochMs } = event;
  const answered: OpProgress = { ...op, crashes: 0, failures: 0, errorCode: null, dueAtEpochMs: atEpochMs };
  switch (result.type) {
    case 'committed':
      return { ...answered, state: 'committed', committedAtEpochMs: atEpochMs };
    case 'conflict':
      return { ...answered, state: 'conflict', errorCode: `conflict_${result.reason}` };
    case 'rejected':
      return { ...answered, state: 'rejected', errorCode: result.code };
    case 'retry': {
      // Says nothing about an earlier write of an operation that is already unknown.
      const sentAtEpochMs = op.state === 'unknown' ? op.sentAtEpochMs : null;
      return { ...later(op, { ...event, code: result.code }, timing, result.afterMs), sentAtEpochMs };
    }
    case 'unknown':
      // It may have left just now: what comes before a write in an attempt can take its time.
      return { ...later(op, { ...event, code: result.code }, timing), state: 'unknown', sentAtEpochMs: atEpochMs };
    default:
      return unreachable(result);
  }
}

/** The fate of a write is open: the destination tells, and absence counts only when nothing can arrive any more. */
function openReadBack(op: OpProgress, event: OpEvent & { type: 'read_back.answered' }, timing: OpTiming): OpProgress {
  invariant(op.state === 'sending' || op.state === 'unknown', 'only a sent operation is read back');
  const at = event.atEpochMs;
  const seen: OpProgress = { ...op, crashes: 0, failures: 0, errorCode: null, dueAtEpochMs: at };
  switch (event.outcome) {
    case 'matches':
      return { ...seen, state: 'verified', committedAtEpochMs: at, verifiedAtEpochMs: at };
    case 'contested':
      return { ...seen, state: 'committed', overlap: 'found', committedAtEpochMs: at };
    case 'differs':
      return { ...seen, state: 'needs_human', errorCode: 'conflict_exists_differently' };
    case 'absent': {
      const trustedFrom = (op.sentAtEpochMs ?? 0) + timing.maxInflightMs + timing.visibilityDelayMs;
      if (at < trustedFrom) return { ...seen, state: 'unknown', dueAtEpochMs: trustedFrom };
      if (timing.exactlyOnce === 'human_check') return { ...seen, state: 'needs_human', errorCode: 'outcome_unknown' };
      return { ...seen, sentAtEpochMs: null };
    }
    case 'unavailable':
      return { ...later(op, event, timing), state: 'unknown' };
    default:
      return unreachable(event.outcome);
  }
}

function committedReadBack(op: OpProgress, event: OpEvent & { type: 'read_back.answered' }, timing: OpTiming): OpProgress {
  const at = event.atEpochMs;
  const seen: OpProgress = { ...op, crashes: 0, failures: 0, absences: 0, errorCode: null, dueAtEpochMs: at };
  switch (event.outcome) {
    case 'matches':
      return { ...seen, state: 'verified', verifiedAtEpochMs: at };
    case 'contested':
      return { ...seen, overlap: 'found' };
    case 'differs':
      return { ...seen, state: 'needs_human', errorCode: 'conflict_exists_differently' };
    case 'absent':
      if (at < (op.committedAtEpochMs ?? 0) + timing.visibilityDelayMs) return later(op, event, timing);
      if (op.absences + 1 >= timing.retry.absencesMax) return { ...seen, state: 'needs_human', errorCode: 'conflict_changed' };
      return { ...later(op, event, timing), absences: op.absences + 1 };
    case 'unavailable':
      return later(op, event, timing);
    default:
      return unreachable(event.outcome);
  }
}

function withdrawalAnswered(op: OpProgress, event: OpEvent & { type: 'withdrawal.answered' }, timing: OpTiming): OpProgress {
  invariant(op.state === 'committed' && op.overlap === 'found', 'only a contested record is withdrawn');
  switch (event.outcome) {
    case 'gone':
      return { ...op, state: 'conflict', crashes: 0, failures: 0, errorCode: 'conflict_slot_taken' };
    case 'changed':
      return { ...op, state: 'needs_human', crashes: 0, failures: 0, errorCode: 'conflict_changed' };
    case 'undecided':
      return later(op, event, timing);
    default:
      return unreachable(event.outcome);
  }
}

function leaseExpired(op: OpProgress, atEpochMs: number, retry: RetryPolicy): OpProgress {
  // Until its lease ran out, its holder may have sent.
  const sentAtEpochMs = op.sentAtEpochMs === null ? null : atEpochMs;
  const crashed = { ...op, crashes: op.crashes + 1, dueAtEpochMs: atEpochMs, sentAtEpochMs };
  return crashed.crashes >= retry.crashesMax ? givenUp(crashed, 'process_failed') : crashed;
}

/** Nothing was sent: dead. Something may stand in the destination: a person has to look. */
function givenUp(op: OpProgress, code: string): OpProgress {
  const untouched = (op.state === 'accepted' || op.state === 'sending') && op.sentAtEpochMs === null;
  return { ...op, state: untouched ? 'dead' : 'needs_human', errorCode: op.errorCode ?? code };
}

function later(
  op: OpProgress,
  event: { readonly atEpochMs: number; readonly jitter: number; readonly code?: string | null },
  timing: OpTiming,
  wishMs: number | null = null,
): OpProgress {
  const failures = op.failures + 1;
  const dueAtEpochMs = event.atEpochMs + retryDelayMs(failures, event.jitter, timing.retry, wishMs);
  return { ...op, crashes: 0, failures, dueAtEpochMs, errorCode: event.code ?? op.errorCode };
}
