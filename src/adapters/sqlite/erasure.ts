import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { asCallId, asOpId, type CallId } from '../../base/ids.ts';
import type { Erasure, ErasureReport, ErasureTarget, RemainingRecord } from '../../ports/erasure.ts';
import { foldLog, inTransaction, isThere, reading, type Db } from './database.ts';
import { openJournalDb } from './journal-db.ts';
import { openLedgerDb, type LedgerDb } from './ledger-db.ts';
import type { OpRow } from './ledger-rows.ts';
import type { SealedDb } from './sealed-db.ts';
import { callSubject, personSubject } from './vault.ts';

export interface ErasureOptions {
  readonly ledgerPath: string;
  readonly journalPath: string;
  readonly keyFile: string;
  readonly clock: Clock;
}

/** Rows that one listing returns at most. */
const ROWS_MAX = 1000;
/** Nobody waits on the telephone: a lock may take this long, in milliseconds. */
const BUSY_MS = 5000;

interface Stores {
  readonly ledger: LedgerDb;
  /** Null where no call has been taken yet. */
  readonly journal: SealedDb | null;
}

interface Found {
  /** Ids of the keys of the people. */
  readonly holders: ReadonlySet<string>;
  readonly calls: readonly CallId[];
}

/** Opens what erasing needs, and makes nothing. Throws as opening the ledger and the journal does, and `ledger_missing`. */
export function openErasure({ ledgerPath, journalPath, keyFile, clock }: ErasureOptions): Erasure {
  const opening = { keyFile, busyMs: BUSY_MS, mustExist: true };
  const ledger = openLedgerDb({ path: ledgerPath, ...opening });
  const journal = isThere(journalPath) ? openJournalDb({ path: journalPath, ...opening }) : null;
  const stores = { ledger, journal };
  return {
    erase: (target, by) => {
      // Whoever holds the lock of the ledger accepts nothing meanwhile: no request is sealed with a key that is about to go.
      const report = inTransaction(ledger.db, 'erasing a person', () => {
        const { holders, ...marked } = mark(stores, target, { by, nowEpochMs: clock.epochMs() });
        ledger.keys.destroy([...holders], clock.epochMs());
        return marked;
      });
      // What was overwritten stands in the write-ahead logs until they are folded in.
      ledger.keys.fold();
      foldLog(ledger.db);
      if (journal !== null) foldLog(journal.db);
      return report;
    },
    preview: (target) =>
      reading('looking at what would be erased', () => {
        ledger.db.exec('BEGIN IMMEDIATE');
        try {
          const { holders: _kept, ...report } = mark(stores, target, { by: 'preview', nowEpochMs: clock.epochMs() });
          return report;
        } finally {
          ledger.db.exec('ROLLBACK');
        }
      }),
    remaining: () => reading('listing erased operations', () => remainingOf(ledger.db, null)),
    close: () => {
      ledger.close();
      journal?.close();
    },
  };
}

type Marked = ErasureReport & Pick<Found, 'holders'>;

/** Everything but the destruction of the keys, inside the transaction of the caller. */
function mark(stores: Stores, target: ErasureTarget, at: { readonly by: string; readonly nowEpochMs: number }): Marked {
  const { db } = stores.ledger;
  const { holders, calls } = find(stores, target);
  const list = JSON.stringify(calls);
  refuseOpen(db, list);
  // Of those that an erasure has marked before nothing is counted twice.
  const operations = db
    .prepare('UPDATE op SET erased_at = ?, subject = NULL WHERE call IN (SELECT value FROM json_each(?)) AND erased_at IS NULL')
    .run(at.nowEpochMs, list).changes;
  const ofOps = 'op IN (SELECT id FROM op WHERE call IN (SELECT value FROM json_each(@list)))';
  const messages = db.prepare(`DELETE FROM inbox WHERE ${ofOps}`).run({ list }).changes;
  const tasks = db
    .prepare(
      `UPDATE task SET done_at = @nowEpochMs
       WHERE done_at IS NULL AND (call IN (SELECT value FROM json_each(@list)) OR ${ofOps})`,
    )
    .run({ list, nowEpochMs: at.nowEpochMs }).changes;
  db.prepare(`UPDATE finding SET ended_at = @nowEpochMs WHERE ended_at IS NULL AND ${ofOps}`).run({ list, nowEpochMs: at.nowEpochMs });
  const bury = db.prepare('INSERT INTO erasure (holder, erased_at, erased_by) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  for (const holder of holders) bury.run(holder, at.nowEpochMs, at.by);
  return { holders, calls, operations, messages, tasks, remaining: remainingOf(db, list) };
}

/** The people's keys and calls; with them what is sealed for one of their calls before anybody knew whose it was. */
function find({ ledger, journal }: Stores, target: ErasureTarget): Found {
  const { db, keys, vault } = ledger;
  const hashes = 'phones' in target ? target.phones.map((phone) => keys.pseudonymOf(phone)) : [];
  const holders =
    'phones' in target
      ? hashes.flatMap((hash) => keys.find(personSubject(hash)) ?? [])
      : [...vault.holdersOf(target.call), ...(journal?.vault.holdersOf(target.call) ?? [])];
  if ('call' in target && holders.length === 0) throw new AppError('not_found', `there is no call ${target.call}`);
  // Rows whose marking was lost with a crash, after their key had been destroyed.
  const left = db.prepare<[string], { call: string }>('SELECT DISTINCT call FROM op WHERE subject = ? AND erased_at IS NULL');
  const calls = new Set<CallId>([
    ...vault.callsOf(holders),
    ...(journal?.vault.callsOf(holders) ?? []),
    ...hashes.flatMap((hash) => left.all(hash).map(({ call }) => asCallId(call))),
  ]);
  const own = [...calls].flatMap((call) => keys.find(callSubject(call)) ?? []);
  return { holders: new Set([...holders, ...own]), calls: [...calls].toSorted((a, b) => (a < b ? -1 : 1)) };
}

/** What is not decided may be written any moment: of that nobody could say afterwards whether it stands. */
function refuseOpen(db: Db, calls: string): void {
  const open = db
    .prepare<[string], { id: string; state: string }>(
      `SELECT id, state FROM op WHERE call IN (SELECT value FROM json_each(?)) AND erased_at IS NULL
         AND (state IN ('accepted', 'sending', 'unknown', 'committed', 'compensating')
           OR EXISTS (SELECT 1 FROM promise WHERE promise.op = op.id AND promise.state = 'open'))
       ORDER BY id LIMIT ${ROWS_MAX}`,
    )
    .all(calls);
  if (open.length === 0) return;
  const ops = open.map(({ id, state }) => `${id} (${state})`).join(', ');
  throw new AppError('erasure_too_early', `not decided, or promised and not told: ${ops}`, { details: { open: open.length } });
}

type RemainingRow = Pick<OpRow, 'id' | 'call' | 'kind' | 'destination' | 'record_key' | 'remote_id' | 'state' | 'sent_at'> & {
  readonly erased_at: number;
};

/** What was sent and neither refused nor taken back since; one line for each record. `calls`: null for those of all erasures. */
function remainingOf(db: Db, calls: string | null): readonly RemainingRecord[] {
  const rows = db
    .prepare<{ calls: string | null }, RemainingRow>(
      `SELECT id, call, kind, destination, record_key, remote_id, state, sent_at, erased_at FROM op
       WHERE erased_at IS NOT NULL AND (@calls IS NULL OR call IN (SELECT value FROM json_each(@calls)))
         AND kind <> 'cancel' AND destination <> 'inbox'
         AND (state = 'verified' OR (state = 'needs_human' AND sent_at IS NOT NULL))
         AND NOT EXISTS (SELECT 1 FROM op AS later WHERE later.target = op.id AND later.state = 'verified')
       GROUP BY destination, record_key ORDER BY erased_at DESC, id LIMIT ${ROWS_MAX}`,
    )
    .all({ calls });
  return rows.map((row) => ({
    op: asOpId(row.id),
    call: asCallId(row.call),
    kind: row.kind,
    destination: row.destination,
    remoteId: row.remote_id,
    key: row.record_key,
    state: row.state,
    sentAtEpochMs: row.sent_at,
    erasedAtEpochMs: row.erased_at,
  }));
}
