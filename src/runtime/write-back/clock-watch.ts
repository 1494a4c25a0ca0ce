import type { Clock } from '../../base/clock.ts';
import type { OpStore } from '../../ports/op-store.ts';

/** By how much the clock has to be set back between two looks to be noticed, in milliseconds; what waits waits so much longer at most. */
const SET_BACK_MS_MIN = 1000;
/** Longest pause that an operation can have by right, in milliseconds: what a destination may ask for. */
const WAIT_MS_MAX = 3_600_000;

export interface ClockWatchOptions {
  readonly clock: Clock;
  readonly store: Pick<OpStore, 'hasten'>;
  /** How long a lease lasts at most. */
  readonly leaseMs: number;
}

/**
 * Looks whether the wall clock was set back, by the one that never jumps, and brings forward what the ledger holds for later. The first look
 * cannot know, and is content with what lies ahead further than anything may. Returns by how much the clock was set back, in milliseconds, and
 * 0 when it was not. Throws `ledger_unavailable` and `disk_full`; the next look then does it.
 */
export function createClockWatch({ clock, store, leaseMs }: ClockWatchOptions): () => number {
  let lead: number | null = null;
  return () => {
    const nowEpochMs = clock.epochMs();
    const nextLead = nowEpochMs - clock.monotonicMs();
    const setBackMs = lead === null ? 0 : lead - nextLead;
    const isSetBack = setBackMs >= SET_BACK_MS_MIN;
    if (lead === null || isSetBack) store.hasten(nowEpochMs, { waitMsMax: lead === null ? WAIT_MS_MAX : 0, leaseMs });
    lead = nextLead;
    return isSetBack ? Math.round(setBackMs) : 0;
  };
}
