import { CALLER_NAME_LENGTH_MAX, CALLER_NAMES_MAX } from '../../adapters/bookings/worker-protocol.ts';
import { isAppError } from '../../base/app-error.ts';
import { withTimeout } from '../../base/scope.ts';
import type { Destination } from '../../ports/destination.ts';
import type { Logger } from '../../ports/logger.ts';

/** How long one system may take, in milliseconds: who calls is asked for, and nobody waits for it. */
const FIND_MS_MAX = 5000;

/** Full names under which systems know a telephone number. Never rejects: a system that does not answer, or not in time, says nothing. */
export function createCallerNames(
  contacts: () => readonly Destination[],
  log: Logger,
): (phone: string, signal: AbortSignal) => Promise<readonly string[]> {
  const ask = async (destination: Destination, phone: string, signal: AbortSignal): Promise<readonly string[]> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(FIND_MS_MAX)]);
    try {
      // An adapter that does not come to its end when it is told to holds nobody up.
      const found = await withTimeout(destination.find(phone, { signal: limit }), FIND_MS_MAX, 'finding a caller', signal);
      return found.flatMap(({ payload }) => (payload.kind === 'contact' ? [payload.name] : []));
    } catch (error) {
      log.warn('contacts not read', { destination: destination.id, code: isAppError(error) ? error.code : 'timed_out' });
      return [];
    }
  };
  return async (phone, signal) => {
    const names = (await Promise.all(contacts().map((destination) => ask(destination, phone, signal)))).flat();
    return [...new Set(names)].filter((name) => name !== '' && name.length <= CALLER_NAME_LENGTH_MAX).slice(0, CALLER_NAMES_MAX);
  };
}
