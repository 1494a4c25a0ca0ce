import { AppError } from '../../base/app-error.ts';
import { throwIfAborted } from '../../base/scope.ts';

interface Waiter<T> {
  readonly resolve: (item: T) => void;
}

/** Lends a fixed number of things, one borrower each; who comes later waits in order. */
export interface Pool<T> {
  /**
   * Lends the free thing that `prefer` rates highest. Throws the abort reason, or `speech_failed` when `waitingMax` wait already.
   * Every loan must be given back.
   */
  borrow(prefer: (item: T) => number, options: { readonly signal: AbortSignal }): Promise<T>;
  giveBack(item: T): void;
}

export function createPool<T>(items: readonly T[], waitingMax: number): Pool<T> {
  const free = [...items];
  const waiting: Waiter<T>[] = [];
  const best = (prefer: (item: T) => number): T | undefined => {
    let chosen = -1;
    let rating = Number.NEGATIVE_INFINITY;
    for (const [index, item] of free.entries()) {
      const own = prefer(item);
      if (own > rating) {
        rating = own;
        chosen = index;
      }
    }
    return chosen < 0 ? undefined : free.splice(chosen, 1)[0];
  };
  return {
    borrow: async (prefer, { signal }) => {
      throwIfAborted(signal);
      const item = best(prefer);
      if (item !== undefined) return item;
      if (waiting.length >= waitingMax) throw new AppError('speech_failed', `${waitingMax} turns wait to be scored`);
      return new Promise<T>((resolve, reject) => {
        const onAbort = (): void => {
          const index = waiting.indexOf(waiter);
          if (index < 0) return;
          waiting.splice(index, 1);
          reject(signal.reason instanceof Error ? signal.reason : new AppError('cancelled', 'the turn is not wanted any more'));
        };
        const waiter: Waiter<T> = {
          resolve: (lent) => {
            signal.removeEventListener('abort', onAbort);
            resolve(lent);
          },
        };
        waiting.push(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    giveBack: (item) => {
      const next = waiting.shift();
      if (next === undefined) free.push(item);
      else next.resolve(item);
    },
  };
}
