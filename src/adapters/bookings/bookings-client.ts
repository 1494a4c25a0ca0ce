import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { asOpId, type OpId } from '../../base/ids.ts';
import { throwIfAborted, withTimeout } from '../../base/scope.ts';
import type { OpView } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { Bookings } from '../../ports/bookings.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Queue } from '../../ports/queue.ts';
import { createRpcClient } from '../ipc/rpc.ts';
import { createWaitingRoom, type WaitingRoom } from './waiting-room.ts';
import { knownCallerSchema, OP_CHANGED, opChangedSchema, slotsSchema, WORKER_METHODS } from './worker-protocol.ts';

export interface BookingsClientOptions {
  /** Socket of the worker. */
  readonly socket: string;
  readonly queue: Queue;
  readonly ledger: Pick<Ledger, 'get'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How often the ledger is looked at while waiting, in milliseconds: when the worker tells, the look is only a safety net. */
const LOOK_MS = 25;
const LOOK_WHEN_TOLD_MS = 100;
const WAKE_MS_MAX = 500;

/** The worker's socket, which reconnects by itself. */
interface WorkerLine {
  poke(op: OpId): Promise<unknown>;
  connected(): boolean;
  readonly freeSlots: Bookings['freeSlots'];
  readonly whoCalls: Bookings['whoCalls'];
  close(): void;
}

function createWorkerLine(options: BookingsClientOptions, room: WaitingRoom): WorkerLine {
  const { clock } = options;
  let connected = Promise.withResolvers<void>();
  const rpc = createRpcClient({
    path: options.socket,
    signal: options.signal,
    onConnected: () => {
      connected.resolve();
      // A worker that came back during a call has not heard of what is waited for.
      for (const op of room.ops()) void poke(op).catch(() => undefined);
    },
    onLost: () => {
      connected = Promise.withResolvers();
    },
    onNotify: (topic, body) => {
      const changed = topic === OP_CHANGED ? opChangedSchema.safeParse(body) : null;
      if (changed?.success === true) room.tell(asOpId(changed.data.op));
    },
  });
  /** A worker that is being restarted is back within the bound. */
  const ask = async (method: string, params: unknown, { signal, limitMs }: { signal: AbortSignal; limitMs: number }): Promise<unknown> => {
    const untilMs = clock.monotonicMs() + limitMs;
    if (!rpc.connected()) await withTimeout(connected.promise, limitMs, 'reaching the worker', signal);
    return rpc.call(method, params, { signal, limitMs: Math.max(1, untilMs - clock.monotonicMs()) });
  };
  const poke = (op: OpId): Promise<unknown> => rpc.call(WORKER_METHODS.wake, { op }, { signal: options.signal, limitMs: WAKE_MS_MAX });
  return {
    poke,
    connected: () => rpc.connected(),
    close: () => rpc.close(),
    freeSlots: async (query, bounds) => {
      const answer = slotsSchema.safeParse(await ask(WORKER_METHODS.availability, query, bounds));
      if (!answer.success) throw new AppError('destination_misbehaved', 'the worker answered with something that is not a list of slots');
      return answer.data;
    },
    whoCalls: async (phone, bounds) => {
      const answer = knownCallerSchema.safeParse(await ask(WORKER_METHODS.whoCalls, { phone }, bounds));
      if (!answer.success) throw new AppError('destination_misbehaved', 'the worker answered with something that does not say who calls');
      return answer.data;
    },
  };
}

/** The daemon's way to the worker: its socket, the queue, and the ledger that both share. */
export function createBookingsClient(options: BookingsClientOptions): Bookings {
  const { queue, ledger, clock, log } = options;
  const room = createWaitingRoom(clock);
  const line = createWorkerLine(options, room);
  const read = (op: OpId): OpView => {
    const row = ledger.get(op);
    if (row === null) throw new AppError('not_found', `there is no operation ${op}`);
    return row;
  };
  const wakeWorker = (row: OpView, signal: AbortSignal): void => {
    const byQueue = queue.wake(row.op, row.attempts, { signal });
    void Promise.allSettled([byQueue, line.poke(row.op)]).then(([queued, poked]) => {
      if (poked.status === 'rejected' && (queued.status === 'rejected' || !queued.value))
        log.warn('the worker was not woken; its sweeper will find the operation', { op: row.op });
    });
  };
  return {
    freeSlots: line.freeSlots,
    whoCalls: line.whoCalls,
    settle: async (op, { signal, budgetMs }) => {
      throwIfAborted(signal);
      const untilMs = clock.monotonicMs() + budgetMs;
      let row = read(op);
      if (isFinal(row.state)) return row;
      wakeWorker(row, options.signal);
      while (!isFinal(row.state)) {
        const leftMs = untilMs - clock.monotonicMs();
        if (leftMs <= 0 || signal.aborted) return row;
        await room.wait(op, Math.min(leftMs, line.connected() ? LOOK_WHEN_TOLD_MS : LOOK_MS), signal);
        row = read(op);
      }
      return row;
    },
    close: async () => {
      line.close();
      await queue.close();
    },
  };
}
