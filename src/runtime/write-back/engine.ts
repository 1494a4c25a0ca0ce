import { isAppError } from '../../base/app-error.ts';
import type { OpId } from '../../base/ids.ts';
import { promiseStep } from '../../domain/writeback/promise-rule.ts';
import { createLanes } from './lanes.ts';
import { runOp, type WriteBackDeps } from './run-op.ts';

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
  const lanes = createLanes(deps.destinations);
  const cut = new AbortController();
  let isStopping = false;
  const failed = (what: string, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.error(what, { code: isAppError(error) ? error.code : 'unknown', reason });
  };
  /** Null when nothing can be started now. */
  const start = (op: OpId): Promise<void> | null => {
    const known = lanes.attempt(op);
    if (known !== null) return known;
    const destination = isStopping ? undefined : store.get(op)?.destination;
    if (destination === undefined) return null;
    if (lanes.room(destination) <= 0) {
      deps.metrics.count('writeback_deferred_total');
      return null;
    }
    const attempt = runOp(deps, op, cut.signal).then(
      () => {
        lanes.leave(op);
        goOn();
      },
      (error: unknown) => {
        lanes.leave(op);
        // A ledger that cannot be written is left alone until the next sweep.
        failed('operation not carried out', error);
      },
    );
    lanes.enter(op, destination, attempt);
    return attempt;
  };
  /** Starts what is due, oldest first, as far as there is room; destinations that are left alone at present cost the ledger nothing. */
  const deliver = (): readonly Promise<void>[] => {
    const attempts: Promise<void>[] = [];
    for (let room = lanes.room(); room > 0 && !isStopping; room = lanes.room()) {
      const due = store.due(clock.epochMs(), room, [...breaker.paused(), ...lanes.full()]);
      const started = due.flatMap((op) => start(op) ?? []);
      attempts.push(...started);
      // Fewer than there was room for: there are no more. None started: they are somebody else's.
      if (due.length < room || started.length === 0) break;
    }
    return attempts;
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
  const ended = async (limitMs: number): Promise<void> => {
    const bound = new AbortController();
    const pause = clock.sleep(limitMs, { signal: bound.signal }).catch(() => undefined);
    await Promise.race([Promise.all(lanes.attempts()), pause]);
    bound.abort();
  };
  const runUntil = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        void Promise.all(deliver());
        endPromises(deps);
      } catch (error) {
        failed('sweep failed', error);
      }
      await clock.sleep(SWEEP_MS, { signal }).catch(() => undefined);
    }
    isStopping = true;
    await ended(STOP_MS_MAX);
    if (lanes.attempts().length === 0) return;
    cut.abort();
    await ended(GIVE_UP_MS_MAX);
  };
  return {
    wake: async (op) => {
      try {
        await start(op);
      } catch (error) {
        failed('operation not carried out', error);
      }
    },
    sweep,
    runUntil,
    isBusy: () => lanes.attempts().length > 0 || store.due(clock.epochMs(), 1, breaker.paused()).length > 0,
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
