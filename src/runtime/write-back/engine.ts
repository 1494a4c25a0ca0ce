import { isAppError } from '../../base/app-error.ts';
import type { OpId } from '../../base/ids.ts';
import { promiseStep } from '../../domain/writeback/promise-rule.ts';
import { createClockWatch } from './clock-watch.ts';
import { createDelivery } from './delivery.ts';
import { LEASE_MS, type WriteBackDeps } from './run-op.ts';

/** Pause between two sweeps over the ledger, in milliseconds. */
const SWEEP_MS = 300;
/** Promises looked at in one sweep. */
const PROMISES_MAX = 200;
/** How long a stop waits for requests under way, in milliseconds; then they are given up. */
const STOP_MS_MAX = 2500;
/** How long it then waits for their outcome to be written down as open; whoever starts next takes up what is left. */
const GIVE_UP_MS_MAX = 300;

/** The write-back engine of the worker: carries out what the ledger holds, whoever wakes it, and sweeps for what nobody woke it for. */
export interface WriteBackEngine {
  /** Starts on an operation unless it is under way; resolves when this attempt has ended. Never throws. */
  wake(op: OpId): Promise<void>;
  /** Delivers what is due and ends promises; the loop calls it, and tests do. Never throws. */
  sweep(): Promise<void>;
  /** True while operations are under way or can be taken up, which others have to give way to. Throws `ledger_unavailable`. */
  isBusy(): boolean;
  /** Sweeps until `signal` aborts, then waits, bounded, for what is under way. */
  runUntil(signal: AbortSignal): Promise<void>;
}

export function createWriteBackEngine(deps: WriteBackDeps): WriteBackEngine {
  const { store, clock, breaker } = deps;
  const cut = new AbortController();
  const failed = (what: string, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.error(what, { code: isAppError(error) ? error.code : 'unknown', reason });
  };
  const delivery = createDelivery(deps, { cut: cut.signal, failed });
  const clockWatch = createClockWatch({ clock, store, leaseMs: LEASE_MS });
  const watchClock = (): void => {
    const setBackMs = clockWatch();
    if (setBackMs > 0) deps.log.warn('clock was set back', { ms: setBackMs });
  };
  const guarded = async (what: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed(what, error);
    }
  };
  const ended = async (limitMs: number): Promise<void> => {
    const bound = new AbortController();
    const pause = clock.sleep(limitMs, { signal: bound.signal }).catch(() => undefined);
    await Promise.race([Promise.all(delivery.attempts()), pause]);
    bound.abort();
  };
  return {
    wake: (op) => guarded('operation not carried out', () => delivery.start(op)),
    sweep: () =>
      guarded('sweep failed', async () => {
        watchClock();
        const attempts = delivery.deliver();
        endPromises(deps);
        await Promise.all(attempts);
        endPromises(deps);
      }),
    runUntil: async (signal) => {
      while (!signal.aborted) {
        void guarded('sweep failed', () => {
          watchClock();
          void delivery.deliver();
          endPromises(deps);
        });
        await clock.sleep(SWEEP_MS, { signal }).catch(() => undefined);
      }
      delivery.stop();
      await ended(STOP_MS_MAX);
      if (delivery.attempts().length === 0) return;
      cut.abort();
      await ended(GIVE_UP_MS_MAX);
    },
    isBusy: () => delivery.attempts().length > 0 || store.due(clock.epochMs(), 1, breaker.paused()).length > 0,
  };
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
