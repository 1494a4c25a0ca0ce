import { AppError } from '../../base/app-error.ts';

/** A server that was just killed is back within this time, in milliseconds; nobody looks away before. */
const TRIES_MAX = 120;
const AGAIN_MS = 250;

/** Repeats what fails because the harness has killed the server. Throws `destination_unreachable` when it does not come back. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (cause) {
      if (tries >= TRIES_MAX) throw new AppError('destination_unreachable', 'the destination did not come back', { cause });
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
