import { AppError } from '../../base/app-error.ts';
import { asCallId, type CallId } from '../../base/ids.ts';
import { throwIfAborted } from '../../base/scope.ts';
import type { CallSummary, Journal, JournalEntry } from '../../ports/journal.ts';
import { inTransaction, openDatabase, reading, storageError, type Db, type Migration } from './database.ts';
import { loadKeyFile } from './key-file.ts';
import { createVault, type Vault } from './vault.ts';

/** Entries written together at the latest after this time, in milliseconds. */
const FLUSH_MS = 50;
/** Pause before entries that could not be written are tried again, in milliseconds. */
const RETRY_MS = 1000;
/** Entries kept in memory while the disk does not take them; then `append` throws. */
const PENDING_MAX = 20_000;
const BUSY_MS = 1000;
const CALLS_MAX = 1000;

/** The last entry of a call; its body names the outcome. */
const LAST_TYPE = 'call.ended';

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE call_key (
  call TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE call (
  call TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT,
  entries INTEGER NOT NULL
) STRICT;
CREATE INDEX call_started ON call (started_at);
CREATE INDEX call_unfinished ON call (started_at) WHERE ended_at IS NULL;

CREATE TABLE entry (
  call TEXT NOT NULL REFERENCES call (call),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'effect')),
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (call, seq)
) STRICT, WITHOUT ROWID;
`,
  },
];

export interface JournalOptions {
  readonly path: string;
  /** File of the key-encryption key; made when absent. */
  readonly keyFile: string;
  readonly busyMs?: number;
  /** Bound on the size in pages of 4 KiB; for tests of a full disk. */
  readonly pagesMax?: number;
  /** Told when entries could not be written; they are kept and tried again. */
  readonly onFailure?: (error: AppError) => void;
}

type Pending = Omit<JournalEntry, 'seq'>;

interface EntryRow {
  readonly call: string;
  readonly seq: number;
  readonly at: number;
  readonly kind: 'event' | 'effect';
  readonly type: string;
  readonly body: Buffer;
}

interface CallRow {
  readonly call: string;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly outcome: string | null;
  readonly entries: number;
}

const bodyPlace = (call: string, seq: number): string => `entry.body:${call}:${seq}`;

function outcomeOf(entry: Pending): string | null {
  if (entry.type !== LAST_TYPE || typeof entry.body !== 'object' || entry.body === null) return null;
  return 'outcome' in entry.body && typeof entry.body.outcome === 'string' ? entry.body.outcome : null;
}

/** Writes entries in order, in one transaction; all or none. */
function createWriter(db: Db, vault: Vault): (entries: readonly Pending[]) => void {
  const begin = db.prepare('INSERT INTO call (call, started_at, entries) VALUES (?, ?, 0) ON CONFLICT DO NOTHING');
  const count = db.prepare<[string], { entries: number }>('UPDATE call SET entries = entries + 1 WHERE call = ? RETURNING entries');
  const insert = db.prepare('INSERT INTO entry (call, seq, at, kind, type, body) VALUES (?, ?, ?, ?, ?, ?)');
  const finish = db.prepare('UPDATE call SET ended_at = ?, outcome = ? WHERE call = ?');
  return (entries) =>
    inTransaction(db, 'writing the journal', () => {
      for (const entry of entries) {
        begin.run(entry.call, entry.atEpochMs);
        const seq = count.get(entry.call)?.entries ?? 0;
        const body = vault.seal(entry.call, bodyPlace(entry.call, seq), entry.body ?? null);
        insert.run(entry.call, seq, entry.atEpochMs, entry.kind, entry.type, body);
        if (entry.type === LAST_TYPE) finish.run(entry.atEpochMs, outcomeOf(entry), entry.call);
      }
    });
}

/** Entries in memory and their way to disk: at `flush`, and by themselves within {@link FLUSH_MS}. */
function createBuffer(write: (entries: readonly Pending[]) => void, onFailure: (error: AppError) => void) {
  let pending: Pending[] = [];
  let timer: NodeJS.Timeout | undefined;
  const writeAll = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    write(pending);
    pending = [];
  };
  const schedule = (delayMs: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      try {
        writeAll();
      } catch (error) {
        onFailure(storageError(error, 'writing the journal'));
        schedule(RETRY_MS);
      }
    }, delayMs);
  };
  return {
    writeAll: () => {
      try {
        writeAll();
      } catch (error) {
        schedule(RETRY_MS);
        throw error;
      }
    },
    add: (entry: Pending): void => {
      if (pending.length >= PENDING_MAX) throw new AppError('disk_full', `${PENDING_MAX} entries of the journal wait for the disk`);
      pending.push(entry);
      schedule(FLUSH_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Opens the journal. Throws `ledger_unavailable`, `ledger_not_durable`, `disk_full`, `secret_unreadable`. */
export function openJournal(options: JournalOptions): Journal {
  const kek = loadKeyFile(options.keyFile);
  const { path, pagesMax } = options;
  const db = openDatabase({
    path,
    migrations: MIGRATIONS,
    busyMs: options.busyMs ?? BUSY_MS,
    ...(pagesMax === undefined ? {} : { pagesMax }),
  });
  const vault = createVault(db, kek, 'journal_unreadable');
  const buffer = createBuffer(createWriter(db, vault), options.onFailure ?? (() => undefined));
  const entriesOf = db.prepare<[string], EntryRow>('SELECT * FROM entry WHERE call = ? ORDER BY seq');
  const newest = db.prepare<[number], CallRow>('SELECT * FROM call ORDER BY started_at DESC, call DESC LIMIT ?');
  const open = db.prepare<[], { call: string }>(`SELECT call FROM call WHERE ended_at IS NULL ORDER BY started_at LIMIT ${CALLS_MAX}`);
  /** What this process appended is part of what it reads. */
  const settled = <T>(read: () => T): T => {
    buffer.writeAll();
    return reading('reading the journal', read);
  };
  const entryOf = (row: EntryRow): JournalEntry => {
    const call = asCallId(row.call);
    return {
      call,
      seq: row.seq,
      atEpochMs: row.at,
      kind: row.kind,
      type: row.type,
      body: vault.open(call, bodyPlace(row.call, row.seq), row.body),
    };
  };
  return {
    append: buffer.add,
    flush: ({ signal }) =>
      new Promise((resolve) => {
        throwIfAborted(signal);
        buffer.writeAll();
        resolve();
      }),
    read: (call) => settled(() => entriesOf.all(call).map(entryOf)),
    list: ({ limit }) => settled(() => newest.all(Math.min(limit, CALLS_MAX)).map(summaryOf)),
    unfinished: () => settled(() => open.all().map((row) => asCallId(row.call))),
    erase: (call) => {
      buffer.writeAll();
      inTransaction(db, 'erasing a call', () => vault.destroy(call));
      // The write-ahead log still holds the wrapped key until it is folded into the file.
      db.pragma('wal_checkpoint(TRUNCATE)');
    },
    close: () => {
      try {
        buffer.writeAll();
      } finally {
        buffer.stop();
        db.close();
      }
    },
  };
}

function summaryOf(row: CallRow): CallSummary {
  const call: CallId = asCallId(row.call);
  return { call, startedAtEpochMs: row.started_at, endedAtEpochMs: row.ended_at, outcome: row.outcome, entries: row.entries };
}
