import type { Clock } from '../../base/clock.ts';
import type { Scope } from '../../base/scope.ts';
import type { TimerName } from '../../domain/call/event.ts';

/** The timers of one call: at most one per name; a new one replaces the old. */
export interface CallTimers {
  set(timer: TimerName, stamp: number, delayMs: number): void;
  clear(timer: TimerName): void;
}

export function createCallTimers(clock: Clock, scope: Scope, onFired: (timer: TimerName, stamp: number) => void): CallTimers {
  const running = new Map<TimerName, Scope>();
  const clear = (timer: TimerName): void => {
    running.get(timer)?.dispose();
    running.delete(timer);
  };
  return {
    clear,
    set: (timer, stamp, delayMs) => {
      clear(timer);
      const own = scope.child(`timer ${timer}`);
      running.set(timer, own);
      clock.sleep(delayMs, { signal: own.signal }).then(
        () => {
          running.delete(timer);
          own.dispose();
          onFired(timer, stamp);
        },
        () => undefined,
      );
    },
  };
}
