import type { Clock } from '../../base/clock.ts';
import type { BreakerStore } from '../../ports/op-store.ts';

/** Failures in a row after which a destination is left alone for a while. */
export const BREAKER_FAILURES_MAX = 3;
/** The first pause, in milliseconds; it doubles with every failure after it, up to the longest. */
const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 8000;
/** How long the others wait for what becomes of the one that asks, in milliseconds; a request that hangs does not stop them for its whole time. */
const PROBE_MS_MAX = 3000;

/** Spares a destination that does not answer, and those who wait for it: after some failures it is asked once per pause only. */
export interface Breaker {
  /** Milliseconds until the destination may be asked again; 0 means now, and whoever is told so has to ask and to note what came of it. */
  pausedMs(destination: string): number;
  /** Destinations that may not be asked at present. */
  paused(): readonly string[];
  note(destination: string, answered: boolean): void;
}

/** A breaker whose state survives a restart: a worker that comes back does not run into a wall that is known. */
export function createBreaker(clock: Clock, store: BreakerStore): Breaker {
  const probing = new Set<string>();
  const states = new Map(store.breakers().map(({ destination, ...state }) => [destination, state]));
  const leftMs = (destination: string): number => {
    const state = states.get(destination);
    if (state === undefined || state.failures < BREAKER_FAILURES_MAX) return 0;
    const now = clock.epochMs();
    // A clock that was set back must not make a pause longer than the longest.
    if (state.pausedUntilEpochMs - now > PAUSE_MS_MAX) states.set(destination, { ...state, pausedUntilEpochMs: now + PAUSE_MS_MAX });
    return Math.min(Math.max(0, state.pausedUntilEpochMs - now), PAUSE_MS_MAX);
  };
  return {
    pausedMs: (destination) => {
      const pausedMs = leftMs(destination);
      const state = states.get(destination);
      if (pausedMs > 0 || state === undefined || state.failures < BREAKER_FAILURES_MAX) return pausedMs;
      // One may try; the others wait for what becomes of it, unless that takes too long.
      states.set(destination, { ...state, pausedUntilEpochMs: clock.epochMs() + PROBE_MS_MAX });
      probing.add(destination);
      return 0;
    },
    paused: () => [...states.keys()].filter((destination) => leftMs(destination) > 0),
    note: (destination, answered) => {
      const before = states.get(destination);
      const isOpen = before !== undefined && before.failures >= BREAKER_FAILURES_MAX && before.pausedUntilEpochMs > clock.epochMs();
      // What was under way when it opened says nothing new: only the try after a pause makes the next pause longer.
      if (!probing.delete(destination) && isOpen && !answered) return;
      const failures = answered ? 0 : (before?.failures ?? 0) + 1;
      if (failures === 0 && !states.has(destination)) return;
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** Math.max(0, failures - BREAKER_FAILURES_MAX));
      const state = { failures, pausedUntilEpochMs: clock.epochMs() + pauseMs };
      if (answered) states.delete(destination);
      else states.set(destination, state);
      // Only what a restart has to know is written: that it opened, goes on, or closed.
      if (answered || failures >= BREAKER_FAILURES_MAX) store.saveBreaker({ destination, ...state });
    },
  };
}
