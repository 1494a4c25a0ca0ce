import { isAppError } from '../../base/app-error.ts';
import type { Scope } from '../../base/scope.ts';
import type { CallsOver } from '../../ports/ledger.ts';
import type { CallDeps } from './deps.ts';

/** A ledger that does not take it is asked again so often, and after this time, in milliseconds; then the next start looks again. */
const TRIES_MAX = 5;
const RETRY_MS = 10_000;

/**
 * Callers of calls that are over and who did not hear what came of their request are called back: a promise is opened for each, which
 * the worker ends in one task as soon as the request is decided. May be repeated any number of times. Never rejects.
 */
export async function promiseUntold(
  calls: CallsOver,
  deps: Pick<CallDeps, 'ledger' | 'settings' | 'clock' | 'log'>,
  scope: Scope,
): Promise<void> {
  for (let tries = 1; tries <= TRIES_MAX && !scope.signal.aborted; tries += 1) {
    try {
      const ops = deps.ledger.promiseUntold(calls, deps.clock.epochMs() + deps.settings.promiseDeadlineMs);
      for (const op of ops) deps.log.warn('caller was not told, a person will', { op });
      return;
    } catch (error) {
      deps.log.error('untold requests not looked for', { code: isAppError(error) ? error.code : 'unknown' });
    }
    await deps.clock.sleep(RETRY_MS, { signal: scope.signal }).catch(() => undefined);
  }
}
