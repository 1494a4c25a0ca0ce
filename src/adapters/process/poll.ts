import { setTimeout as delay } from 'node:timers/promises';

/** Pause between two looks at a server that is starting, in milliseconds. */
const POLL_MS = 40;

/** Asks until the answer is not null. The bound is `signal`, whose reason it throws; so do errors of `ask`. */
export async function pollUntil<T>(ask: () => Promise<T | null>, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== null) return answer;
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
