import { toAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { throwIfAborted, withTimeout } from '../../../base/scope.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Alert, Notifier } from '../../../ports/notifier.ts';

/** Alerts under way at once; what comes beyond is dropped and logged, for an alert that is late tells nothing new. */
export const ALERTS_MAX = 16;
const ATTEMPTS_MAX = 3;
const ATTEMPT_MS_MAX = 20_000;
/** Between attempts; grows with each. */
const WAIT_MS = 1000;

/** What came of an attempt. `again`: it may be repeated; the receiver knows a repeat by its id. */
export type Attempt = { readonly type: 'delivered' } | { readonly type: 'refused' | 'again'; readonly code: string };

export interface BoundedNotifierParts {
  /** For the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** `id` is the same in every attempt. Observes `signal`. */
  readonly send: (alert: Alert, options: { readonly id: string; readonly signal: AbortSignal }) => Promise<Attempt>;
}

const idOf = ({ code, subject, atEpochMs }: Alert): string => remoteIdOf(`alert.${code}.${subject}.${atEpochMs}`);

/** Sends alerts with bounded attempts, and logs those that could not be delivered. Never throws. */
export function createBoundedNotifier({ name, clock, log, send }: BoundedNotifierParts): Notifier {
  let underWay = 0;
  const attempt = async (alert: Alert, signal: AbortSignal): Promise<Attempt> => {
    const cancel = new AbortController();
    try {
      throwIfAborted(signal);
      return await withTimeout(send(alert, { id: idOf(alert), signal: cancel.signal }), ATTEMPT_MS_MAX, 'an alert', signal);
    } catch (error) {
      return { type: signal.aborted ? 'refused' : 'again', code: toAppError(error, 'destination_misbehaved').code };
    } finally {
      cancel.abort();
    }
  };
  const deliver = async (alert: Alert, signal: AbortSignal): Promise<void> => {
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await attempt(alert, signal);
      if (outcome.type === 'delivered') return;
      if (outcome.type === 'refused' || attempts === ATTEMPTS_MAX) {
        log.error('alert not delivered', { notifier: name, alert: alert.code, reason: outcome.code });
        return;
      }
      await clock.sleep(WAIT_MS * attempts, { signal });
    }
  };
  return {
    notify: async (alert, { signal }) => {
      if (underWay >= ALERTS_MAX) {
        log.error('alert dropped', { notifier: name, alert: alert.code });
        return;
      }
      underWay += 1;
      try {
        await deliver(alert, signal);
      } catch (error) {
        log.error('alert not delivered', { notifier: name, alert: alert.code, reason: toAppError(error, 'cancelled').code });
      } finally {
        underWay -= 1;
      }
    },
  };
}
