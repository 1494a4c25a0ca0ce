import type { Clock } from '../../base/clock.ts';
import type { OpId } from '../../base/ids.ts';

/** Those who wait for operations: told by the worker, or looking for themselves after a while. */
export interface WaitingRoom {
  /** Ends at the next word about the operation, after `delayMs`, or when `signal` fires; never rejects. */
  wait(op: OpId, delayMs: number, signal: AbortSignal): Promise<void>;
  tell(op: OpId): void;
  ops(): readonly OpId[];
}

export function createWaitingRoom(clock: Clock): WaitingRoom {
  const waiting = new Map<OpId, Set<() => void>>();
  return {
    ops: () => [...waiting.keys()],
    tell: (op) => waiting.get(op)?.forEach((wake) => wake()),
    wait: (op, delayMs, signal) => {
      const quiet = new AbortController();
      const told = Promise.withResolvers<void>();
      const waiters = waiting.get(op) ?? new Set();
      waiting.set(op, waiters);
      waiters.add(told.resolve);
      const stop = (): void => quiet.abort();
      signal.addEventListener('abort', stop, { once: true });
      return Promise.race([told.promise, clock.sleep(delayMs, { signal: quiet.signal }).catch(() => undefined)]).finally(() => {
        quiet.abort();
        signal.removeEventListener('abort', stop);
        waiters.delete(told.resolve);
        if (waiters.size === 0) waiting.delete(op);
      });
    },
  };
}
