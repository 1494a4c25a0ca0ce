import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError, isAppError } from '../../base/app-error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';

export type Db = Database.Database;

/** One step of a schema's history; applied once, in a transaction, in order. Never changed after a release. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export interface DatabaseOptions {
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** How long a write waits for another process before `ledger_unavailable`, in milliseconds. */
  readonly busyMs: number;
  /** Opens what is there, and makes neither file nor folder. */
  readonly mustExist?: boolean;
  /** Lets others in after a transaction that the disk has held up; for whoever writes much and is waited for by nobody. */
  readonly standsBack?: boolean;
  /** Upper bound on the size of the file in pages of 4 KiB; absent means the disk is the bound. */
  readonly pagesMax?: number;
}

/** `PRAGMA synchronous` of a database that survives power loss. */
const SYNCHRONOUS_FULL = 2;
const WAL_AUTOCHECKPOINT_PAGES = 1000;
const NEWEST = 'SELECT max(version) AS version FROM migration';

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

/** The index of the write-ahead log that cannot be enlarged is a full disk too. */
const FULL_CODES: ReadonlySet<string> = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT']);

/** Turns an error of SQLite or the file system into one of ours; `fallback` for what has no code of its own. */
export function storageError(error: unknown, what: string, fallback: ErrorCode = 'ledger_unavailable'): AppError {
  if (isAppError(error)) return error;
  const code = codeOf(error);
  const full = FULL_CODES.has(code);
  return new AppError(full ? 'disk_full' : fallback, `${what} failed (${code === '' ? 'no code' : code})`, { cause: error });
}

/** False only where there certainly is no such file: one that cannot be looked at may be there. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/**
 * Opens a database in WAL mode with `synchronous=FULL`, sets that on every open (a WAL database that is reopened comes up with NORMAL),
 * checks it, and applies missing migrations. Throws `ledger_unavailable`, `ledger_not_durable`, `disk_full`.
 */
export function openDatabase(options: DatabaseOptions): Db {
  const mustExist = options.mustExist === true;
  let db: Db | undefined;
  try {
    if (!mustExist) mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    db = new Database(options.path, { timeout: options.busyMs, fileMustExist: mustExist });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('secure_delete = ON');
    db.pragma(`wal_autocheckpoint = ${WAL_AUTOCHECKPOINT_PAGES}`);
    // A table that others refer to can only be made anew while nobody checks them; they are checked as a whole before it counts.
    db.pragma('foreign_keys = OFF');
    migrate(db, options.migrations);
    db.pragma('foreign_keys = ON');
    if (options.pagesMax !== undefined) db.pragma(`max_page_count = ${options.pagesMax}`);
    assertDurable(db, options.path);
    if (options.standsBack === true) standingBack.add(db);
    return db;
  } catch (error) {
    db?.close();
    throw storageError(error, `opening ${options.path}`);
  }
}

/** Throws `ledger_not_durable` unless the connection fsyncs every commit to a write-ahead log. */
export function assertDurable(db: Db, path: string): void {
  const synchronous: unknown = db.pragma('synchronous', { simple: true });
  const journalMode: unknown = db.pragma('journal_mode', { simple: true });
  if (synchronous === SYNCHRONOUS_FULL && journalMode === 'wal') return;
  throw new AppError('ledger_not_durable', `${path} runs with synchronous=${String(synchronous)}, journal_mode=${String(journalMode)}`);
}

/** The newest schema version that has been applied; 0 for an empty file. */
export function schemaVersion(db: Db): number {
  db.exec('CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT');
  const row = db.prepare<[], { version: number | null }>(NEWEST).get();
  return row?.version ?? 0;
}

/** The newest schema version of a file that is there; 0 for one that has none. Throws `ledger_unavailable`. */
export function storedVersion(path: string): number {
  let db: Db | undefined;
  try {
    // Not read-only: such a connection would leave the files of the write-ahead log behind.
    db = new Database(path, { fileMustExist: true });
    const isMade = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'migration'`).get() !== undefined;
    return isMade ? (db.prepare<[], { version: number | null }>(NEWEST).get()?.version ?? 0) : 0;
  } catch (error) {
    throw storageError(error, `looking at ${path}`);
  } finally {
    db?.close();
  }
}

function migrate(db: Db, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.version ?? 0;
  // As a rule there is nothing to do, and then the lock is not asked for: whoever holds it may be hanging.
  if (schemaVersion(db) === newest) return;
  const apply = db.transaction(() => {
    const version = schemaVersion(db);
    if (version > newest) {
      throw new AppError('ledger_unavailable', `the file has schema version ${version}, newer than this program's ${newest}`);
    }
    for (const migration of migrations) {
      if (migration.version <= version) continue;
      db.exec(migration.sql);
      db.prepare('INSERT INTO migration (version, applied_at) VALUES (?, unixepoch())').run(migration.version);
    }
    const dangling: unknown = version === newest ? [] : db.pragma('foreign_key_check');
    if (!Array.isArray(dangling) || dangling.length > 0)
      throw new AppError('ledger_unavailable', 'the migrated file has dangling references');
  });
  apply.immediate();
}

/** Connections that stand back after a slow transaction. */
const standingBack = new WeakSet<Db>();
/** How long a transaction takes, lock and disk, after which others may have been waiting for it, in milliseconds. */
const SLOW_MS = 250;
/** SQLite looks for a lock that is held every 100 ms at the latest: who leaves it alone for longer lets in who waits. In milliseconds. */
const STAND_BACK_MS = 150;

/** Blocks this thread, which has just been blocked by the disk for longer; nobody can take the lock again meanwhile. */
function standBack(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, STAND_BACK_MS);
}

let onCommit: ((path: string, durationMs: number) => void) | null = null;

/** Sets who is told of every transaction of this process that came to its end, by the path of its file; null for nobody. */
export function installCommitWatch(watch: ((path: string, durationMs: number) => void) | null): void {
  onCommit = watch;
}

/**
 * Runs `work` in one transaction that takes the write lock at its start, and is on disk when it returns. Throws `ledger_unavailable`
 * when the lock was not to be had in the bounded time, and `disk_full`; nothing of `work` remains then.
 */
export function inTransaction<T>(db: Db, what: string, work: () => T): T {
  const startedAtMs = performance.now();
  try {
    const done = db.transaction(work).immediate();
    const tookMs = performance.now() - startedAtMs;
    onCommit?.(db.name, tookMs);
    if (tookMs > SLOW_MS && standingBack.has(db)) standBack();
    return done;
  } catch (error) {
    throw storageError(error, what);
  }
}

/** How often the write-ahead log is folded into the file before that is given up: each time waits as long as a write would. */
const FOLDS_MAX = 5;

/**
 * Folds the write-ahead log into the file and empties it, so that what was overwritten is in neither. Throws `ledger_unavailable` when
 * others read from the log all the time.
 */
export function foldLog(db: Db): void {
  for (let fold = 0; fold < FOLDS_MAX; fold += 1) {
    const answer: unknown = reading('folding the log', () => db.pragma('wal_checkpoint(TRUNCATE)'));
    if (Array.isArray(answer) && (answer[0] as { readonly busy: number } | undefined)?.busy === 0) return;
  }
  throw new AppError('ledger_unavailable', `the write-ahead log of ${db.name} is in use all the time`);
}

/** Runs a reading query with the errors of storage. */
export function reading<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageError(error, what);
  }
}
