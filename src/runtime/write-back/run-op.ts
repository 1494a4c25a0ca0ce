import { isAppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { faultPoint } from '../../base/fault-point.ts';
import type { OpId } from '../../base/ids.ts';
import { unreachable } from '../../base/invariant.ts';
import type { OpState } from '../../domain/writeback/intent.ts';
import { isFinal, nextStep, reduceOp, type OpEvent, type OpProgress, type OpTiming } from '../../domain/writeback/reduce-op.ts';
import { RETRY_POLICY } from '../../domain/writeback/retry.ts';
import type { Destination } from '../../ports/destination.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { AttemptLine, ClaimedOp, OpStore, OpTrace } from '../../ports/op-store.ts';
import { traceIdOf, type Tracer } from '../../ports/tracer.ts';
import type { Breaker } from './breaker.ts';
import { finishMove, readBack, withdraw, write, type DoableWork } from './destination-calls.ts';
import { beginAttempt, measureChange } from './measure-op.ts';
import { workOf } from './work.ts';

/** Everything the engine needs from outside. */
export interface WriteBackDeps {
  readonly store: OpStore;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly breaker: Breaker;
  readonly clock: Clock;
  /** In [0, 1), to spread attempts; `draw` names the attempt that it is for, so that a seeded one is the same in every run. */
  readonly random: (draw: string) => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Without it nothing is traced. */
  readonly tracer?: Tracer;
  /** Names this process in leases. */
  readonly owner: string;
  /** Told after every change that is on disk. */
  readonly onChanged: (op: OpId, state: OpState) => void;
}

/** Lease of one operation, and how often it is renewed, in milliseconds. */
export const LEASE_MS = 3000;
export const RENEW_MS = 1000;
/** Steps of one claim; a working operation needs two, and an endless loop ends here. */
const STEPS_MAX = 8;

/** One claim of one operation while it lasts. */
interface Session {
  readonly deps: WriteBackDeps;
  readonly claimed: ClaimedOp;
  /** Null when the configuration does not name it any more. */
  readonly destination: Destination | null;
  readonly timing: OpTiming;
  progress: OpProgress;
  held: boolean;
  readonly lost: AbortController;
}

/** What counts for an operation whose destination nobody knows: it is only put off. */
const NO_CAPABILITIES = { visibilityDelayMs: 0, maxInflightMs: 0, exactlyOnce: 'human_check' } as const;

/**
 * Works on an operation until it is decided or has to wait: claim, look at what may already be there, write, read back. Every change of
 * state is on disk before the next step, so that whoever takes over knows what may have happened. When `cut` fires, the request under way
 * is given up: its outcome is then written down as open, and the lease is given back. Never throws for a failing destination; throws
 * `ledger_unavailable` or `disk_full`, and the lease then runs out by itself.
 */
export async function runOp(deps: WriteBackDeps, op: OpId, cut: AbortSignal): Promise<void> {
  const now = deps.clock.epochMs();
  const claimed = deps.store.claim(op, { owner: deps.owner, nowEpochMs: now, untilEpochMs: now + LEASE_MS });
  if (claimed === null) return;
  faultPoint('after_claim');
  const destination = deps.destinations.get(claimed.destination) ?? null;
  const { visibilityDelayMs, maxInflightMs, exactlyOnce } = destination?.capabilities ?? NO_CAPABILITIES;
  const timing = { visibilityDelayMs, maxInflightMs, exactlyOnce, retry: RETRY_POLICY };
  const trace = traceIdOf(claimed.traceparent);
  const own = trace === null ? deps : { ...deps, log: deps.log.child({ trace }) };
  const session: Session = { deps: own, claimed, destination, timing, progress: claimed.progress, held: true, lost: new AbortController() };
  const renewal = new AbortController();
  keepLease(session, renewal.signal).catch(() => undefined);
  const giveUp = (): void => session.lost.abort();
  cut.addEventListener('abort', giveUp, { once: true });
  try {
    await work(session);
  } finally {
    renewal.abort();
    cut.removeEventListener('abort', giveUp);
  }
  if (session.held && !isFinal(session.progress.state)) deps.store.release(op, claimed.epoch);
}

async function keepLease(session: Session, signal: AbortSignal): Promise<void> {
  const { deps, claimed } = session;
  while (!signal.aborted) {
    await deps.clock.sleep(RENEW_MS, { signal });
    try {
      session.held &&= deps.store.renew(claimed.op, claimed.epoch, deps.clock.epochMs() + LEASE_MS);
      if (!session.held) session.lost.abort();
    } catch (error) {
      deps.log.warn('lease not renewed', { op: claimed.op, code: isAppError(error) ? error.code : 'unknown' });
    }
  }
}

async function work(session: Session): Promise<void> {
  const { deps, claimed } = session;
  const at = deps.clock.epochMs();
  if (claimed.takenOver) {
    deps.log.warn('operation taken over', { op: claimed.op, state: session.progress.state });
    apply(session, { type: 'lease.expired', atEpochMs: at });
  }
  if (isOpen(session) && at - session.progress.acceptedAtEpochMs > RETRY_POLICY.openMsMax)
    apply(session, { type: 'age.exceeded', atEpochMs: at });
  for (let steps = 0; steps < STEPS_MAX; steps += 1) {
    if (!session.held || !isOpen(session) || session.progress.dueAtEpochMs > deps.clock.epochMs()) return;
    await step(session);
  }
  deps.log.error('operation does not come to an end', { op: claimed.op, state: session.progress.state });
}

const isOpen = ({ progress }: Session): boolean => !isFinal(progress.state);
const jitterOf = ({ deps, claimed, progress }: Session): number => deps.random(`${claimed.key}/${progress.attempts}/${progress.failures}`);

/** A claim whose destination is there. */
type Served = Session & { readonly destination: Destination };
const isServed = (session: Session): session is Served => session.destination !== null;

async function step(session: Session): Promise<void> {
  const { deps, claimed } = session;
  const atEpochMs = deps.clock.epochMs();
  if (!isServed(session)) {
    const { errorCode } = session.progress;
    if (errorCode !== 'destination_unknown')
      deps.log.error('operation without a destination', { op: claimed.op, destination: claimed.destination });
    apply(session, { type: 'op.deferred', atEpochMs, jitter: jitterOf(session), code: 'destination_unknown' });
    return;
  }
  const { destination } = session;
  const doable = workOf(claimed, deps.store);
  if (doable.type === 'wait') {
    apply(session, { type: 'op.deferred', atEpochMs, jitter: jitterOf(session), code: 'waiting_for_target' });
    return;
  }
  if (doable.type === 'impossible') {
    apply(session, { type: 'write.begun', atEpochMs });
    apply(session, { type: 'write.answered', atEpochMs, jitter: 0, result: { type: 'rejected', code: 'not_found' } });
    return;
  }
  const pausedMs = deps.breaker.pausedMs(destination.id);
  if (pausedMs > 0) {
    apply(session, { type: 'op.deferred', atEpochMs, jitter: jitterOf(session), code: 'destination_unreachable' });
    return;
  }
  const next = nextStep(session.progress);
  switch (next) {
    case 'write':
      return stepWrite(session, doable);
    case 'read_back':
      return stepReadBack(session, doable);
    case 'withdraw':
      return stepWithdraw(session, doable);
    case 'none':
      return undefined;
    default:
      return unreachable(next);
  }
}

async function stepWrite(session: Served, doable: DoableWork): Promise<void> {
  const { deps, claimed, destination } = session;
  const startedAtEpochMs = deps.clock.epochMs();
  if (!apply(session, { type: 'write.begun', atEpochMs: startedAtEpochMs })) return;
  faultPoint('before_send');
  const traced = beginAttempt(deps, claimed, 'write');
  const result = await traced.run(() => write(destination, { ...traced.at, lost: session.lost.signal }, doable));
  faultPoint('after_send_before_commit');
  const atEpochMs = deps.clock.epochMs();
  const code = 'code' in result ? result.code : null;
  traced.end(result.type, code);
  deps.breaker.note(destination.id, code !== 'destination_unreachable');
  const attempt = { phase: 'write', startedAtEpochMs, endedAtEpochMs: atEpochMs, outcome: result.type, code } as const;
  const trace = result.type === 'committed' ? { remoteId: result.remoteId, etag: result.etag } : {};
  if (!apply(session, { type: 'write.answered', atEpochMs, jitter: jitterOf(session), result }, { attempt, trace })) return;
  if (result.type === 'committed') faultPoint('after_commit_before_verify');
}

async function stepReadBack(session: Served, doable: DoableWork): Promise<void> {
  const { deps, claimed, destination } = session;
  const startedAtEpochMs = deps.clock.epochMs();
  const traced = beginAttempt(deps, claimed, 'read_back');
  const at = { ...traced.at, lost: session.lost.signal };
  const { outcome, code, record, remoteId, etag } = await traced.run(async () =>
    finishMove(destination, at, doable, await readBack(destination, at, doable)),
  );
  traced.end(outcome, code);
  const atEpochMs = deps.clock.epochMs();
  deps.breaker.note(destination.id, code !== 'destination_unreachable');
  const attempt = { phase: 'read_back', startedAtEpochMs, endedAtEpochMs: atEpochMs, outcome, code } as const;
  const kept = outcome === 'matches' ? { readBack: record ?? claimed.payload } : {};
  const trace = { ...kept, ...(remoteId === null ? {} : { remoteId }), etag };
  apply(session, { type: 'read_back.answered', atEpochMs, jitter: jitterOf(session), outcome, code }, { attempt, trace });
}

async function stepWithdraw(session: Served, doable: DoableWork): Promise<void> {
  const { deps, claimed, destination } = session;
  const startedAtEpochMs = deps.clock.epochMs();
  const traced = beginAttempt(deps, claimed, 'withdraw');
  const { outcome, code } = await traced.run(() => withdraw(destination, { ...traced.at, lost: session.lost.signal }, doable));
  traced.end(outcome, code);
  const atEpochMs = deps.clock.epochMs();
  deps.breaker.note(destination.id, code !== 'destination_unreachable');
  const attempt = { phase: 'withdraw', startedAtEpochMs, endedAtEpochMs: atEpochMs, outcome, code } as const;
  apply(session, { type: 'withdrawal.answered', atEpochMs, jitter: jitterOf(session), outcome, code }, { attempt });
}

/** Reduces, stores under the lease's epoch, and tells. False when the lease was lost: then nothing was stored and nothing more is done. */
function apply(session: Session, event: OpEvent, extra: { readonly trace?: OpTrace; readonly attempt?: AttemptLine } = {}): boolean {
  const { deps, claimed } = session;
  const progress = reduceOp(session.progress, event, session.timing);
  if (!session.held || !deps.store.save(claimed.op, claimed.epoch, { progress, atEpochMs: event.atEpochMs, ...extra })) {
    session.held = false;
    deps.log.warn('lease lost', { op: claimed.op });
    return false;
  }
  const before = session.progress;
  session.progress = progress;
  measureChange(deps, claimed, { before, after: progress, attempt: extra.attempt });
  if (progress.state !== before.state) {
    deps.log.info('operation changed', { op: claimed.op, state: progress.state, attempts: progress.attempts, code: progress.errorCode });
    deps.onChanged(claimed.op, progress.state);
  }
  return true;
}
