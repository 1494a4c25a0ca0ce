/** Calls at the same time: so many run, the others wait their turn. */
export interface Lanes {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when a call could begin at once. */
  free(): Promise<void>;
}

export function createLanes(count: number): Lanes {
  let busy = 0;
  const waiting: (() => void)[] = [];
  let watching: (() => void)[] = [];
  const leave = (): void => {
    busy -= 1;
    const next = waiting.shift();
    if (next !== undefined) {
      busy += 1;
      next();
      return;
    }
    for (const tell of watching) tell();
    watching = [];
  };
  return {
    run: async (work) => {
      if (busy < count) busy += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        leave();
      }
    },
    free: () => (busy < count ? Promise.resolve() : new Promise((resolve) => watching.push(resolve))),
  };
}
