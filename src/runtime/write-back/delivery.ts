import type { OpId } from '../../base/ids.ts';
import { createLanes } from './lanes.ts';
import { runOp, type WriteBackDeps } from './run-op.ts';

/** Operations that are taken up, as far as there is room for them. */
export interface Delivery {
  /** Starts on an operation unless it is under way; resolves when this attempt has ended, null when there is no room. Throws `ledger_unavailable`. */
  start(op: OpId): Promise<void> | null;
  /** Starts on what is due, oldest first; destinations that are left alone at present cost the ledger nothing. Throws `ledger_unavailable`. */
  deliver(): readonly Promise<void>[];
  /** What is under way; none of them rejects. */
  attempts(): readonly Promise<void>[];
  /** Nothing is taken up any more. */
  stop(): void;
}

export interface DeliveryOptions {
  /** Gives up the requests that are under way. */
  readonly cut: AbortSignal;
  readonly failed: (what: string, error: unknown) => void;
}

export function createDelivery(deps: WriteBackDeps, { cut, failed }: DeliveryOptions): Delivery {
  const { store, clock, breaker } = deps;
  const lanes = createLanes(deps.destinations);
  const state = { isStopped: false };
  const start = (op: OpId, except: readonly string[] = []): Promise<void> | null => {
    const known = lanes.attempt(op);
    if (known !== null) return known;
    const destination = state.isStopped ? null : store.destinationOf(op);
    if (destination === null || except.includes(destination)) return null;
    if (lanes.room(destination) <= 0) {
      deps.metrics.count('writeback_deferred_total');
      return null;
    }
    const attempt = runOp(deps, op, cut).then(
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
  const deliver = (): readonly Promise<void>[] => {
    const attempts: Promise<void>[] = [];
    for (let room = lanes.room(); room > 0 && !state.isStopped; room = lanes.room()) {
      const due = store.due(clock.epochMs(), room, [...breaker.paused(), ...lanes.full()]);
      // Of what is under way here the lease can have run out, where the clock was set forward or the process was frozen.
      const others = due.filter((op) => lanes.attempt(op) === null);
      // Looked at again for each: one that has just been let through to see whether its destination answers keeps the others waiting.
      const started = others.flatMap((op) => start(op, breaker.paused()) ?? []);
      attempts.push(...started);
      // Fewer than there was room for: there are no more. None started: they are somebody else's.
      if (due.length < room || started.length === 0) break;
    }
    return attempts;
  };
  /** The next step of a plan may be due since an attempt ended; its caller may be waiting. */
  const goOn = (): void => {
    try {
      void deliver();
    } catch (error) {
      failed('next steps not looked for', error);
    }
  };
  return {
    start: (op) => start(op),
    deliver,
    attempts: () => lanes.attempts(),
    stop: () => {
      state.isStopped = true;
    },
  };
}
