import type { Clock } from '../../base/clock.ts';

/** Failures in a row after which a destination is left alone for a while. */
const FAILURES_MAX = 3;
const PAUSE_MS = 1000;

/** Spares a destination that does not answer, and those who wait for it: after some failures it is asked once per pause only. */
export interface Breaker {
  /** Milliseconds until the destination may be asked again; 0 means now. */
  pausedMs(destination: string): number;
  note(destination: string, answered: boolean): void;
}

export function createBreaker(clock: Clock): Breaker {
  const failures = new Map<string, { count: number; untilMs: number }>();
  return {
    pausedMs: (destination) => {
      const entry = failures.get(destination);
      if (entry === undefined || entry.count < FAILURES_MAX) return 0;
      const leftMs = entry.untilMs - clock.monotonicMs();
      if (leftMs > 0) return leftMs;
      // One may try; the others wait for what becomes of it.
      entry.untilMs = clock.monotonicMs() + PAUSE_MS;
      return 0;
    },
    note: (destination, answered) => {
      if (answered) {
        failures.delete(destination);
        return;
      }
      const entry = failures.get(destination) ?? { count: 0, untilMs: 0 };
      failures.set(destination, { count: entry.count + 1, untilMs: clock.monotonicMs() + PAUSE_MS });
    },
  };
}
