import { AppError } from '../../base/app-error.ts';
import { asCallId, type CallId } from '../../base/ids.ts';
import { throwIfAborted } from '../../base/scope.ts';
import type { CallSummary, Journal, JournalEntry } from '../../ports/journal.ts';
import { inTransaction, reading, storageError, type Db } from './database.ts';
import { bodyPlace, openJournalDb, type JournalDbOptions } from './journal-db.ts';
import type { Vault } from './vault.ts';

/** Entries written together at the latest after this time, in milliseconds. */
const FLUSH_MS = 50;
/** Pause before entries that could not be written are tried again, in milliseconds. */
const RETRY_MS = 1000;
/** Entries kept in memory while the disk does not take them; then `append` throws. */
const PENDING_MAX = 20_000;
const CALLS_MAX = 1000;

/** The last entry of a call; its body names the outcome. */
const LAST_TYPE = 'call.ended';

export type JournalOptions = JournalDbOptions & {
  /** Told when entries could not be written; they are kept and tried again. */
  readonly onFailure?: (error: AppError) => void;
};

type PendingEntry = Omit<JournalEntry, 'seq'>;
type Pending = PendingEntry | { readonly call: CallId; readonly person: string };

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

function outcomeOf(entry: PendingEntry): string | null {
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
        if ('person' in entry) {
          vault.bind(entry.call, [vault.indexOf(entry.person)]);
          continue;
        }
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

/** Opens the journal. Throws what `openSealedDb` throws. */
export function openJournal(options: JournalOptions): Journal {
  const journal = openJournalDb(options);
  const { db, vault } = journal;
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
    concerns: (call, person) => buffer.add({ call, person }),
    flush: ({ signal }) =>
      new Promise((resolve) => {
        throwIfAborted(signal);
        buffer.writeAll();
        resolve();
      }),
    read: (call) => settled(() => entriesOf.all(call).map(entryOf)),
    list: ({ limit }) => settled(() => newest.all(Math.min(limit, CALLS_MAX)).map(summaryOf)),
    unfinished: () => settled(() => open.all().map((row) => asCallId(row.call))),
    close: () => {
      try {
        buffer.writeAll();
      } finally {
        buffer.stop();
        journal.close();
      }
    },
  };
}

function summaryOf(row: CallRow): CallSummary {
  const call: CallId = asCallId(row.call);
  return { call, startedAtEpochMs: row.started_at, endedAtEpochMs: row.ended_at, outcome: row.outcome, entries: row.entries };
}
