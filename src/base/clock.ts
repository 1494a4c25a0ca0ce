/** Time as the code may read it. Only adapters and tests make one. */
export interface Clock {
  /** Milliseconds of a clock that never jumps; only differences mean anything. */
  monotonicMs(): number;
  /** Wall time in epoch milliseconds: leases, queues, logs. */
  epochMs(): number;
  /** Business time in epoch milliseconds: what "tomorrow" means to a caller. Differs from `epochMs` only in simulations. */
  businessEpochMs(): number;
  /** Resolves after `delayMs`; rejects with `cancelled` when `signal` aborts. */
  sleep(delayMs: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** A source of random numbers in [0, 1); seeded in tests. */
export type Random = () => number;
