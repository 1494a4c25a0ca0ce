import { readFileSync, statSync } from 'node:fs';
import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';

/** What a simulation may change in running processes; written by the scenario runner, read only when `simulation.control` is on. */
export interface SimulationState {
  /** Added to wall time to give business time. */
  readonly businessOffsetMs: number;
  /** Closed days beside the profile's own, ISO dates. */
  readonly holidays: readonly string[];
}

const NOTHING: SimulationState = { businessOffsetMs: 0, holidays: [] };

/** Reads the simulation file whenever it has changed; an absent file means nothing is simulated. */
export function createSimulationReader(path: string | null): () => SimulationState {
  let seenMtimeMs = -1;
  let state = NOTHING;
  return () => {
    if (path === null) return NOTHING;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return NOTHING;
    if (stat.mtimeMs !== seenMtimeMs) {
      state = JSON.parse(readFileSync(path, 'utf8')) as SimulationState;
      seenMtimeMs = stat.mtimeMs;
    }
    return state;
  };
}

/** The machine's clocks. Business time is wall time, shifted only in simulations. */
export function createSystemClock(simulation: () => SimulationState = () => NOTHING): Clock {
  return {
    monotonicMs: () => performance.now(),
    epochMs: () => Date.now(),
    businessEpochMs: () => Date.now() + simulation().businessOffsetMs,
    sleep: (delayMs, { signal }) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          clearTimeout(timer);
          reject(signal.reason instanceof Error ? signal.reason : new AppError('cancelled', 'sleep was cancelled'));
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', stop);
          resolve();
        }, delayMs);
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      }),
  };
}
