import { createInboxDestination } from '../../../adapters/destinations/inbox/inbox.ts';
import { createCounters } from '../../../adapters/metrics/counters.ts';
import { createInboxStore } from '../../../adapters/sqlite/inbox-store.ts';
import type { LedgerDb } from '../../../adapters/sqlite/ledger-db.ts';
import { createOpStore } from '../../../adapters/sqlite/op-store.ts';
import { AppError } from '../../../base/app-error.ts';
import type { Scope } from '../../../base/scope.ts';
import type { Bookings } from '../../../ports/bookings.ts';
import { createBreaker } from '../../../runtime/write-back/breaker.ts';
import { createWriteBackEngine } from '../../../runtime/write-back/engine.ts';
import { createWhoCalls } from '../../worker/who-calls.ts';
import { quietLog } from '../sandbox.ts';
import type { MemoryCalendar } from './memory-calendar.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The worker in the process of its callers: the real write-back, and the way calls reach it. */
export interface MemoryWorker {
  readonly bookings: Bookings;
  /** From now on it neither answers nor works on anything, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

const RANDOM = 0.5;

export function createMemoryWorker(parts: {
  readonly store: LedgerDb;
  readonly calendar: MemoryCalendar;
  readonly clock: VirtualClock;
  readonly scope: Scope;
}): MemoryWorker {
  const { store, calendar, clock, scope } = parts;
  const ops = createOpStore(store);
  const inbox = createInboxDestination(createInboxStore(store), clock);
  const whoCalls = createWhoCalls(
    () => (isFrozen ? [] : [calendar]),
    quietLog(() => undefined),
  );
  let isFrozen = false;
  const engine = createWriteBackEngine({
    store: { ...ops, due: (...asked) => (isFrozen ? [] : ops.due(...asked)) },
    destinations: new Map([
      ['calendar', calendar],
      [inbox.id, inbox],
    ]),
    breaker: createBreaker(clock, ops),
    clock,
    random: () => RANDOM,
    log: quietLog(() => undefined),
    metrics: createCounters(),
    owner: 'in-process',
    onChanged: () => undefined,
  });
  void engine.runUntil(scope.signal);
  return {
    bookings: {
      freeSlots: async (query, { signal, limitMs }) => {
        if (!isFrozen) return { slots: await calendar.availability(query, { signal }), ageMs: 0 };
        await clock.sleep(limitMs, { signal });
        throw new AppError('timed_out', 'the worker does not answer');
      },
      whoCalls: (phone, { signal }) => whoCalls(phone, signal),
      settle: async (op, { signal, budgetMs }) => {
        await (isFrozen ? clock.sleep(budgetMs, { signal }) : engine.wake(op));
        const row = ops.get(op);
        if (row === null) throw new AppError('invariant_broken', 'an accepted operation is in the ledger');
        return row;
      },
      close: () => Promise.resolve(),
    },
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
    },
  };
}
