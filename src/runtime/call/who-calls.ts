import type { Scope } from '../../base/scope.ts';
import type { CallEvent } from '../../domain/call/event.ts';
import type { CallDeps } from './deps.ts';

/** How long the systems may take, in milliseconds; by then the caller has been asked for the name. */
const READ_MS_MAX = 6000;

/**
 * Asks, while it still rings, what systems know of the number that calls. Nobody waits for the answer: the call hears of it when
 * it comes, with its age, or goes on without. Never rejects.
 */
export async function askWhoCalls(
  line: string | null,
  { bookings, clock, log }: Pick<CallDeps, 'bookings' | 'clock' | 'log'>,
  { signal }: Scope,
  post: (event: CallEvent) => void,
): Promise<void> {
  if (line === null) return;
  const askedAtMs = clock.monotonicMs();
  try {
    const known = await bookings.whoCalls(line, { signal, limitMs: READ_MS_MAX });
    // As old as the question: when the systems read it is not known.
    if (known.names.length + known.entered.length > 0) post({ type: 'caller.known', ...known, ageMs: clock.monotonicMs() - askedAtMs });
  } catch (error) {
    log.warn('who calls was not read', { reason: error instanceof Error ? error.message : String(error) });
  }
}
