import type { Logger } from '../../src/ports/logger.ts';
import type { Alert, Notifier } from '../../src/ports/notifier.ts';

export interface FakeNotifier extends Notifier {
  readonly alerts: Alert[];
  /** While set, nothing can be delivered. */
  down: boolean;
  /** Alerts stay under way until `release`. */
  hold(): void;
  release(): void;
}

/** Alerts under way at once, as the real notifiers have it. */
const ALERTS_MAX = 16;

/** Keeps alerts in memory, with the bounds and the log lines of the real notifiers. */
export function createFakeNotifier(log: Logger): FakeNotifier {
  const alerts: Alert[] = [];
  let held: Promise<void> = Promise.resolve();
  let release = (): void => undefined;
  let underWay = 0;
  const fake: FakeNotifier = {
    alerts,
    down: false,
    hold: () => {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    notify: async (alert, { signal }) => {
      if (underWay >= ALERTS_MAX) return log.error('alert dropped', { alert: alert.code });
      underWay += 1;
      await held;
      underWay -= 1;
      if (fake.down || signal.aborted) return log.error('alert not delivered', { alert: alert.code });
      alerts.push(alert);
      return undefined;
    },
  };
  return fake;
}
