import { isIntentPayload } from '../../domain/writeback/intent.ts';
import { isFinal, type OpProgress } from '../../domain/writeback/reduce-op.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { AttemptLine, ClaimedOp } from '../../ports/op-store.ts';
import type { Tracer } from '../../ports/tracer.ts';

/** What measuring an operation needs from outside; without a tracer nothing is traced. */
export interface MeasureDeps {
  readonly metrics: Metrics;
  readonly tracer?: Tracer;
}

/** One change of an operation that is on disk. */
export interface MeasuredChange {
  readonly before: OpProgress;
  readonly after: OpProgress;
  readonly attempt: AttemptLine | undefined;
}

type Subject = Pick<ClaimedOp, 'op' | 'destination' | 'payload' | 'traceparent'>;

const PRESENT: ReadonlySet<string> = new Set(['matches', 'contested', 'differs']);

/** What a read-back has told about a write that had no definitive answer; null while its fate stays open. */
function resolved({ before, after, attempt }: MeasuredChange): 'present' | 'absent' | null {
  if (attempt?.phase !== 'read_back' || (before.state !== 'sending' && before.state !== 'unknown')) return null;
  if (PRESENT.has(attempt.outcome)) return 'present';
  const isSettled = after.sentAtEpochMs === null || isFinal(after.state);
  return attempt.outcome === 'absent' && isSettled ? 'absent' : null;
}

/** Counts a change: its attempt, the fate of a write that was open, and the end of the operation. */
export function measureChange({ metrics, tracer }: MeasureDeps, subject: Subject, change: MeasuredChange): void {
  const { op, destination, payload } = subject;
  const { before, after, attempt } = change;
  if (attempt !== undefined) {
    const { phase, outcome, startedAtEpochMs, endedAtEpochMs } = attempt;
    metrics.observeMs('writeback_attempt_seconds', endedAtEpochMs - startedAtEpochMs, { destination, phase, outcome });
  }
  const fate = resolved(change);
  if (fate !== null) metrics.count('writeback_ambiguous_total', { destination, resolved: fate });
  if (isFinal(before.state) || !isFinal(after.state)) return;
  metrics.count('writeback_ops_total', { destination, kind: payload.kind, outcome: after.state });
  if (after.verifiedAtEpochMs !== null) {
    const path = isIntentPayload(payload) ? 'inline' : 'async';
    metrics.observeMs('writeback_commit_seconds', after.verifiedAtEpochMs - after.acceptedAtEpochMs, {
      destination,
      kind: payload.kind,
      path,
    });
  }
  tracer
    ?.start('op', {
      parent: subject.traceparent,
      as: tracer.derived(subject.traceparent, op),
      startEpochMs: after.acceptedAtEpochMs,
      attributes: {
        'vestibule.op.id': op,
        'vestibule.op.kind': payload.kind,
        'vestibule.op.outcome': after.state,
        'vestibule.op.attempts': after.attempts,
        'vestibule.destination': destination,
      },
    })
    .end(after.state === 'verified' ? null : (after.errorCode ?? after.state));
}

/** A write, read-back or withdrawal under way: the operation with the trace context that its requests carry. */
export interface TracedAttempt<Claimed> {
  readonly at: Claimed;
  /** Runs the attempt; requests that carry no context get its own. */
  run<T>(work: () => Promise<T>): Promise<T>;
  end(outcome: string, code: string | null): void;
}

/** Begins the span of an attempt, below the span of its operation. */
export function beginAttempt<Claimed extends Subject>(
  { tracer }: MeasureDeps,
  claimed: Claimed,
  phase: AttemptLine['phase'],
): TracedAttempt<Claimed> {
  if (tracer === undefined) return { at: claimed, run: (work) => work(), end: () => undefined };
  const span = tracer.start('attempt', {
    parent: tracer.derived(claimed.traceparent, claimed.op),
    attributes: { 'vestibule.op.id': claimed.op, 'vestibule.attempt.phase': phase, 'vestibule.destination': claimed.destination },
  });
  return {
    at: { ...claimed, traceparent: span.traceparent },
    run: (work) => tracer.within(span.traceparent, work),
    end: (outcome, code) => {
      span.note({ 'vestibule.attempt.outcome': outcome });
      span.end(code);
    },
  };
}
