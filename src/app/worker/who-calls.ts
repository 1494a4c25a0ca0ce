import { CALLER_NAME_LENGTH_MAX, CALLER_NAMES_MAX, ENTERED_MAX } from '../../adapters/bookings/worker-protocol.ts';
import { isAppError } from '../../base/app-error.ts';
import { withTimeout } from '../../base/scope.ts';
import type { KnownCaller } from '../../ports/bookings.ts';
import type { Destination, FoundRecord } from '../../ports/destination.ts';
import type { Logger } from '../../ports/logger.ts';

/** How long one system may take, in milliseconds: who calls is asked for, and nobody waits for it. */
const FIND_MS_MAX = 5000;

/** What systems know of a telephone number. Never rejects: a system that does not answer, or not in time, says nothing. */
export function createWhoCalls(
  systems: () => readonly Destination[],
  log: Logger,
): (phone: string, signal: AbortSignal) => Promise<KnownCaller> {
  const ask = async (destination: Destination, phone: string, signal: AbortSignal): Promise<readonly FoundRecord[]> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(FIND_MS_MAX)]);
    try {
      // An adapter that does not come to its end when it is told to holds nobody up.
      return await withTimeout(destination.find(phone, { signal: limit }), FIND_MS_MAX, 'finding a caller', signal);
    } catch (error) {
      log.warn('who calls was not read', { destination: destination.id, code: isAppError(error) ? error.code : 'timed_out' });
      return [];
    }
  };
  return async (phone, signal) => {
    const found = (await Promise.all(systems().map((destination) => ask(destination, phone, signal)))).flat();
    return { names: namesIn(found), entered: enteredIn(found) };
  };
}

function namesIn(found: readonly FoundRecord[]): KnownCaller['names'] {
  const names = found.flatMap(({ payload }) => (payload.kind === 'contact' ? [payload.name] : []));
  return [...new Set(names)].filter((name) => name !== '' && name.length <= CALLER_NAME_LENGTH_MAX).slice(0, CALLER_NAMES_MAX);
}

/** The next ones, in order of time; one that stands in several systems once. */
function enteredIn(found: readonly FoundRecord[]): KnownCaller['entered'] {
  const byStart = new Map<number, KnownCaller['entered'][number]>();
  for (const { isEntered, payload } of found) {
    if (!isEntered || payload.kind !== 'booking') continue;
    byStart.set(Date.parse(payload.start), { service: payload.service === '' ? null : payload.service, start: payload.start });
  }
  return [...byStart]
    .toSorted(([a], [b]) => a - b)
    .slice(0, ENTERED_MAX)
    .map(([, appointment]) => appointment);
}
