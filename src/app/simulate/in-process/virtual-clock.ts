import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that moves only when it is told; `businessNow` is what callers mean by now at its beginning. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms` and wakes, in order, everything that has become due; what they start at once runs in between. */
  pass(ms: number): Promise<void>;
  readonly baseEpochMs: number;
}

/** Lets everything that can run without time passing run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createVirtualClock(businessNow: string | null): VirtualClock {
  const baseEpochMs = Date.now();
  const businessBaseMs = businessNow === null ? baseEpochMs : Date.parse(businessNow);
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;
  return {
    baseEpochMs,
    monotonicMs: () => elapsedMs,
    epochMs: () => baseEpochMs + Math.round(elapsedMs),
    businessEpochMs: () => businessBaseMs + Math.round(elapsedMs),
    sleep: (delayMs, { signal }) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal.reason instanceof Error ? signal.reason : new AppError('cancelled', 'sleep was cancelled'));
        };
        const sleeper: Sleeper = {
          dueMs: elapsedMs + delayMs,
          wake: () => {
            signal.removeEventListener('abort', stop);
            resolve();
          },
        };
        if (signal.aborted) return stop();
        signal.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
        return undefined;
      }),
    pass: async (ms) => {
      const untilMs = elapsedMs + ms;
      for (;;) {
        await settle();
        const next = [...sleepers].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        sleepers.delete(next);
        elapsedMs = Math.max(elapsedMs, next.dueMs);
        next.wake();
      }
      elapsedMs = untilMs;
      await settle();
    },
  };
}
