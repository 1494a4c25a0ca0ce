import { isAppError } from '../../base/app-error.ts';
import type { OpId } from '../../base/ids.ts';
import { promiseStep } from '../../domain/writeback/promise-rule.ts';
import { runOp, type WriteBackDeps } from './run-op.ts';

/** Operations worked on at once in this process; what comes beyond waits for the next sweep. */
const RUNNING_MAX = 16;
/** Pause between two sweeps over the ledger, in milliseconds. */
const SWEEP_MS = 300;
/** Promises looked at in one sweep. */
const PROMISES_MAX = 200;
/** How long a stop waits for requests under way, in milliseconds; whoever starts next takes up what is left. */
const STOP_MS_MAX = 2500;

/** The write-back engine of the worker: carries out what the ledger holds, whoever wakes it, and sweeps for what nobody woke it for. */
export interface WriteBackEngine {
  /** Starts on an operation unless it is under way; resolves when this attempt has ended. Never throws. */
  wake(op: OpId): Promise<void>;
  /** Delivers what is due and ends promises; the loop calls it, and tests do. Never throws. */
  sweep(): Promise<void>;
  /** True while operations are under way, which others have to give way to. */
  isBusy(): boolean;
  /** Sweeps until `signal` aborts, then waits, bounded, for what is under way. */
  runUntil(signal: AbortSignal): Promise<void>;
}

export function createWriteBackEngine(deps: WriteBackDeps): WriteBackEngine {
  const running = new Map<OpId, Promise<void>>();
  const failed = (what: string, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.error(what, { code: isAppError(error) ? error.code : 'unknown', reason });
  };
  const wake = (op: OpId): Promise<void> => {
    const known = running.get(op);
    if (known !== undefined) return known;
    if (running.size >= RUNNING_MAX) {
      deps.metrics.count('writeback_deferred_total');
      return Promise.resolve();
    }
    const attempt = runOp(deps, op)
      .catch((error: unknown) => failed('operation not carried out', error))
      .finally(() => {
        running.delete(op);
        goOn();
      });
    running.set(op, attempt);
    return attempt;
  };
  const deliver = (): readonly Promise<void>[] => {
    const room = RUNNING_MAX - running.size;
    return room <= 0 ? [] : deps.store.due(deps.clock.epochMs(), room).map(wake);
  };
  /** The next step of a plan may be due since this attempt ended; its caller may be waiting. */
  const goOn = (): void => {
    try {
      void Promise.all(deliver());
    } catch (error) {
      failed('next steps not looked for', error);
    }
  };
  const sweep = async (): Promise<void> => {
    try {
      const attempts = deliver();
      endPromises(deps);
      await Promise.all(attempts);
      endPromises(deps);
    } catch (error) {
      failed('sweep failed', error);
    }
  };
  const runUntil = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        void Promise.all(deliver());
        endPromises(deps);
      } catch (error) {
        failed('sweep failed', error);
      }
      await deps.clock.sleep(SWEEP_MS, { signal }).catch(() => undefined);
    }
    const bound = new AbortController();
    const pause = deps.clock.sleep(STOP_MS_MAX, { signal: bound.signal }).catch(() => undefined);
    await Promise.race([Promise.all(running.values()), pause]);
    bound.abort();
  };
  return { wake, sweep, runUntil, isBusy: () => running.size > 0 };
}

/** Every promise whose operation is decided, or whose time is up, ends in its one confirmation or its one task. */
function endPromises({ store, clock, log, metrics }: WriteBackDeps): void {
  const now = clock.epochMs();
  for (const { promise, opState, confirmation } of store.openPromises(PROMISES_MAX)) {
    const step = promiseStep({ op: opState, confirmation, deadlineEpochMs: promise.deadlineEpochMs }, now);
    if (step.type === 'send') store.sendConfirmation(promise.op, now);
    if (step.type !== 'end' || !store.endPromise(promise.op, step, now)) continue;
    metrics.count('promise_ended_total', { state: step.state });
    log.info('promise ended', { op: promise.op, state: step.state, reason: step.reason });
  }
  const added = store.addTasksForStuck(now);
  if (added > 0) log.warn('operations need a person', { count: added });
}
