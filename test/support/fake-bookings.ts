import { AppError } from '../../src/base/app-error.ts';
import type { OpId } from '../../src/base/ids.ts';
import { isFinal } from '../../src/domain/writeback/reduce-op.ts';
import { createWhoCalls } from '../../src/app/worker/who-calls.ts';
import type { Bookings } from '../../src/ports/bookings.ts';
import type { Destination } from '../../src/ports/destination.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { createKeptLogger } from './kept-logger.ts';

/**
 * Bookings in one process: `carryOut` stands for the worker. With a virtual clock the budget is not waited for: what the worker has
 * not decided by then is returned as it stands.
 */
export function createFakeBookings(parts: {
  readonly ledger: Pick<Ledger, 'get'>;
  readonly calendar: Destination;
  /** Asked who calls; without it nobody is known. */
  readonly systems?: readonly Destination[];
  readonly carryOut: (op: OpId) => Promise<void>;
}): Bookings {
  const read = (op: OpId) => {
    const row = parts.ledger.get(op);
    if (row === null) throw new AppError('not_found', `there is no operation ${op}`);
    return row;
  };
  return {
    freeSlots: async (query, { signal }) => ({ slots: await parts.calendar.availability(query, { signal }), ageMs: 0 }),
    whoCalls: (phone, { signal }) => createWhoCalls(() => parts.systems ?? [], createKeptLogger())(phone, signal),
    settle: async (op) => {
      const before = read(op);
      if (isFinal(before.state)) return before;
      await parts.carryOut(op);
      return read(op);
    },
    close: () => Promise.resolve(),
  };
}
