import { openLedgerDb } from '../../src/adapters/sqlite/ledger-db.ts';
import { createOpStore } from '../../src/adapters/sqlite/op-store.ts';

/** A worker that has one transaction after the other to make, without anything in between: `busy-writer.ts LEDGER KEYFILE`. */
const [path = '', keyFile = ''] = process.argv.slice(2);
const store = createOpStore(openLedgerDb({ path, keyFile, busyMs: 5000, standsBack: true }));
process.stdout.write('writing\n');
for (let failures = 1; ; failures += 1) store.saveBreaker({ destination: 'calendar', failures, pausedUntilEpochMs: failures });
