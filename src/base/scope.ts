import { AppError } from './app-error.ts';

/**
 * A node in the tree of cancellation. Cancelling a scope cancels its children first to last; disposing a child detaches it from
 * its parent, so that a long-lived parent does not collect listeners.
 */
export interface Scope {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Runs when the scope is cancelled or disposed, last registered first. */
  onEnd(cleanup: () => void): void;
  child(name: string): Scope;
  cancel(reason?: unknown): void;
  /** Ends the scope without an error: cleanups run, the signal aborts, the parent forgets it. */
  dispose(): void;
}

export function createScope(name: string, parentForget?: () => void): Scope {
  const controller = new AbortController();
  const children = new Set<Scope>();
  const cleanups: (() => void)[] = [];
  const end = (reason: unknown): void => {
    if (controller.signal.aborted) return;
    for (const child of children) child.cancel(reason);
    children.clear();
    controller.abort(reason);
    while (cleanups.length > 0) cleanups.pop()?.();
    parentForget?.();
  };
  return {
    name,
    signal: controller.signal,
    onEnd: (cleanup) => {
      if (controller.signal.aborted) cleanup();
      else cleanups.push(cleanup);
    },
    child: (childName) => {
      const child: Scope = createScope(`${name}/${childName}`, () => children.delete(child));
      if (controller.signal.aborted) child.cancel(controller.signal.reason);
      else children.add(child);
      return child;
    },
    cancel: (reason) => end(reason ?? new AppError('cancelled', `${name} was cancelled`)),
    dispose: () => end(new AppError('cancelled', `${name} ended`)),
  };
}

/** Throws `cancelled` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof Error ? signal.reason : new AppError('cancelled', 'cancelled');
}

/**
 * Waits for `work`, at most `limitMs`. A settled value beats an abort. Throws `timed_out` naming `what`, or the abort reason.
 * The work itself is not cancelled: pass it a signal of its own.
 */
export async function withTimeout<T>(work: Promise<T>, limitMs: number, what: string, signal?: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('timed_out', `${what} took longer than ${limitMs} ms`, { details: { limitMs } })),
      limitMs,
    );
    if (signal !== undefined) {
      onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new AppError('cancelled', what));
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    }
  });
  try {
    return await Promise.race([work, bound]);
  } finally {
    clearTimeout(timer);
    if (signal !== undefined && onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
