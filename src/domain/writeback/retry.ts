/** When a failed attempt is repeated. Times in milliseconds. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly capMs: number;
  /** Leases in a row that ended without a result before the operation is taken to be what ends the worker. */
  readonly crashesMax: number;
  /** Read-backs in a row that miss a committed record before a person has to look. */
  readonly absencesMax: number;
  /** Age at which an open operation is given to a person. */
  readonly openMsMax: number;
}

export const RETRY_POLICY: RetryPolicy = {
  baseMs: 250,
  capMs: 5000,
  crashesMax: 10,
  absencesMax: 3,
  openMsMax: 24 * 3_600_000,
};

/** Doublings after which the cap is reached with any sane base; keeps the power finite. */
const DOUBLINGS_MAX = 20;

/**
 * Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015). `failures` counts from 1, `jitter` lies
 * in [0, 1). At least a tenth of the base, so that a failing destination is never asked in a tight loop. A destination's own wish
 * (Retry-After) is a lower bound and may exceed the cap.
 */
export function retryDelayMs(failures: number, jitter: number, policy: RetryPolicy, wishMs: number | null = null): number {
  const ceilingMs = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
  const delayMs = Math.max(policy.baseMs / 10, ceilingMs * jitter);
  return Math.round(Math.max(delayMs, wishMs ?? 0));
}
