import { join } from 'node:path';
import { createInboxStore } from '../../src/adapters/sqlite/inbox-store.ts';
import { openLedgerDb, type LedgerDbOptions } from '../../src/adapters/sqlite/ledger-db.ts';
import { createLedger } from '../../src/adapters/sqlite/ledger.ts';
import { createOpStore } from '../../src/adapters/sqlite/op-store.ts';
import { createReconcileStore } from '../../src/adapters/sqlite/reconcile-rows.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Planner } from '../../src/domain/writeback/plan.ts';
import type { FakeLedger } from './fake-ledger.ts';

export const ledgerPath = (folder: string): string => join(folder, 'ledger', 'ledger.db');
export const ledgerKeyFile = (folder: string): string => join(folder, 'keys', 'kek.bin');

/** The real ledger below a folder, with all its views over one connection. */
export function openRealLedger(
  folder: string,
  clock: Clock,
  parts: Partial<LedgerDbOptions> & { readonly planner?: Planner } = {},
): FakeLedger {
  const db = openLedgerDb({ path: ledgerPath(folder), keyFile: ledgerKeyFile(folder), ...parts });
  return {
    ledger: { ...createLedger(db, clock, parts.planner), close: () => db.close() },
    store: createOpStore(db),
    inbox: createInboxStore(db),
    reconcile: createReconcileStore(db),
  };
}
