import type { OpId } from '../../src/base/ids.ts';
import type { Queue } from '../../src/ports/queue.ts';

export interface FakeQueue extends Queue {
  /** While true, nothing gets through, as when Redis is away. */
  down: boolean;
}

/** A queue in memory: wake-ups wait until someone consumes; the same delivery twice is one. */
export function createFakeQueue(): FakeQueue {
  const waiting = new Map<string, OpId>();
  const consumers = new Set<() => void>();
  const state = { down: false };
  return {
    get down() {
      return state.down;
    },
    set down(value: boolean) {
      state.down = value;
    },
    wake: (op, epoch) => {
      if (state.down) return Promise.resolve(false);
      waiting.set(`${op}-e${epoch}`, op);
      for (const consumer of consumers) consumer();
      return Promise.resolve(true);
    },
    consume: (handle, { signal }) =>
      new Promise((resolve) => {
        const take = (): void => {
          for (const [id, op] of waiting) {
            waiting.delete(id);
            void handle(op, { signal }).catch(() => undefined);
          }
        };
        consumers.add(take);
        take();
        signal.addEventListener(
          'abort',
          () => {
            consumers.delete(take);
            resolve();
          },
          { once: true },
        );
      }),
    close: () => Promise.resolve(),
  };
}
