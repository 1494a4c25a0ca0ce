import type { Clock } from '../../../base/clock.ts';

export interface Rate {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

/** Requests that one credential may make: one bucket is shared by every client that uses the credential. */
export interface TokenBucket {
  /** Resolves when a request may go out; first come, first served. Rejects when `signal` aborts before that. */
  take(options: { readonly signal: AbortSignal }): Promise<void>;
  /** No request goes out for this long: the server asked for it (Retry-After). */
  pause(ms: number): void;
  /** Requests that could go out now. */
  level(): number;
  /** Part of the burst that is left, 0 to 1; 0 while the server wants to be left alone, and 1 otherwise where nothing is counted. */
  free(): number;
  /** Null where nothing is counted. */
  readonly rate: Rate | null;
}

/** Never waits: for servers that name no limit. A wish of the server to be left alone is obeyed all the same. */
export const UNLIMITED: Rate = { requestsPerSecond: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY };

/** Longest pause that a server may ask for, in milliseconds; a longer wish is cut to it. */
const PAUSE_MS_MAX = 3_600_000;

/** Waits for those ahead, which never rejects; rejects at once when `signal` aborts. */
function turnOf(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void before.then(() => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
  });
}

/** A token bucket: `burst` requests at once, `requestsPerSecond` in the long run. */
export function createTokenBucket(rate: Rate, clock: Clock): TokenBucket {
  const isBounded = Number.isFinite(rate.requestsPerSecond);
  let tokens = rate.burst;
  let countedAtMs = clock.monotonicMs();
  let pausedUntilMs = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const refill = (): void => {
    const nowMs = clock.monotonicMs();
    if (isBounded) tokens = Math.min(rate.burst, tokens + ((nowMs - countedAtMs) / 1000) * rate.requestsPerSecond);
    countedAtMs = nowMs;
  };
  const waitMs = (): number => {
    refill();
    const missingMs = tokens >= 1 ? 0 : ((1 - tokens) / rate.requestsPerSecond) * 1000;
    return Math.ceil(Math.max(missingMs, pausedUntilMs - clock.monotonicMs()));
  };
  const pass = async (before: Promise<unknown>, signal: AbortSignal): Promise<void> => {
    await turnOf(before, signal);
    for (let delayMs = waitMs(); delayMs > 0; delayMs = waitMs()) await clock.sleep(delayMs, { signal });
    signal.throwIfAborted();
    tokens -= 1;
  };
  return {
    take: ({ signal }) => {
      const mine = pass(turn, signal);
      // Whoever comes next waits also for those that were ahead of one that gave up.
      turn = Promise.allSettled([turn, mine]);
      return mine;
    },
    pause: (ms) => {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + Math.min(ms, PAUSE_MS_MAX));
    },
    level: () => {
      refill();
      return pausedUntilMs > clock.monotonicMs() ? 0 : Math.floor(tokens);
    },
    free: () => {
      refill();
      if (pausedUntilMs > clock.monotonicMs()) return 0;
      return isBounded ? Math.max(0, tokens) / rate.burst : 1;
    },
    rate: isBounded ? rate : null,
  };
}
