import type { OpId } from '../base/ids.ts';

/** Wake-ups for the worker. Losing one is harmless: the sweeper finds due operations. */
export interface Queue {
  /** Best effort; resolves to false when the queue is down. `epoch` makes the job id unique per delivery. */
  wake(op: OpId, epoch: number, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Calls `handle` for every wake-up until `signal` aborts; survives a restart of the queue. */
  consume(
    handle: (op: OpId, options: { readonly signal: AbortSignal }) => Promise<void>,
    options: { readonly signal: AbortSignal },
  ): Promise<void>;
  close(): Promise<void>;
}
