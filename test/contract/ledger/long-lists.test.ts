import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../../src/adapters/sqlite/database.ts';
import { insertTask, openLedgerDb, type LedgerDb } from '../../../src/adapters/sqlite/ledger-db.ts';
import { createLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { ledgerKeyFile, ledgerPath } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** One more than a listing returns. */
const TASKS = 1001;
const folder = temporaryFolder();
let db: LedgerDb;

beforeAll(() => {
  db = openLedgerDb({ path: ledgerPath(folder.path), keyFile: ledgerKeyFile(folder.path) });
  inTransaction(db.db, 'adding tasks', () => {
    for (let n = 1; n <= TASKS; n += 1) insertTask(db, { op: null, call: null, reason: 'callback', summary: `task ${n}` }, n);
  });
});
afterAll(() => {
  db.close();
  folder.remove();
});

describe('more tasks than a listing returns', () => {
  const summaries = (open: boolean): readonly string[] =>
    createLedger(db, createManualClock())
      .tasks({ open })
      .map(({ summary }) => summary);

  test('those that are open begin with the oldest, which is the most urgent', () => {
    expect([summaries(true).length, summaries(true)[0]]).toEqual([TASKS - 1, 'task 1']);
  });

  test('all of them end with the newest', () => {
    expect([summaries(false)[0], summaries(false).at(-1)]).toEqual(['task 2', `task ${TASKS}`]);
  });
});
