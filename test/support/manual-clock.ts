import type { Clock } from '../../src/base/clock.ts';

/** A clock that moves only when told; sleeps end when their time has come. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function createManualClock(startEpochMs = Date.UTC(2026, 2, 2, 8, 0, 0)): ManualClock {
  let now = startEpochMs;
  let sleepers: { readonly dueAt: number; readonly wake: () => void }[] = [];
  return {
    monotonicMs: () => now - startEpochMs,
    epochMs: () => now,
    businessEpochMs: () => now,
    sleep: (delayMs, { signal }) =>
      new Promise((resolve, reject) => {
        const sleeper = { dueAt: now + delayMs, wake: resolve };
        sleepers.push(sleeper);
        signal.addEventListener(
          'abort',
          () => {
            sleepers = sleepers.filter((one) => one !== sleeper);
            reject(signal.reason as Error);
          },
          { once: true },
        );
      }),
    advance: (ms) => {
      now += ms;
      const due = sleepers.filter(({ dueAt }) => dueAt <= now);
      sleepers = sleepers.filter(({ dueAt }) => dueAt > now);
      for (const { wake } of due) wake();
    },
  };
}
