import { ulid } from 'ulid';
import type { CallId, OpId } from '../../base/ids.ts';
import type { TaskView } from '../../domain/writeback/intent.ts';
import { openDatabase, type Db } from './database.ts';
import { loadKeyFile } from './key-file.ts';
import { taskPlace } from './ledger-rows.ts';
import { LEDGER_MIGRATIONS } from './ledger-schema.ts';
import { createVault, type Vault } from './vault.ts';

export interface LedgerDbOptions {
  readonly path: string;
  /** File of the key-encryption key; made when absent. */
  readonly keyFile: string;
  readonly busyMs?: number;
  /** Bound on the size in pages of 4 KiB; for tests of a full disk. */
  readonly pagesMax?: number;
}

/** One connection to the ledger's file, shared by the views of it that a process uses. */
export interface LedgerDb {
  readonly db: Db;
  readonly vault: Vault;
  close(): void;
}

/** A call that cannot write the ledger within this time hears that its request could not be taken. */
const BUSY_MS = 1000;

/** Opens the ledger. Throws `ledger_unavailable`, `ledger_not_durable`, `disk_full`, `secret_unreadable`. */
export function openLedgerDb(options: LedgerDbOptions): LedgerDb {
  const kek = loadKeyFile(options.keyFile);
  const db = openDatabase({
    path: options.path,
    migrations: LEDGER_MIGRATIONS,
    busyMs: options.busyMs ?? BUSY_MS,
    ...(options.pagesMax === undefined ? {} : { pagesMax: options.pagesMax }),
  });
  return { db, vault: createVault(db, kek, 'ledger_unavailable'), close: () => db.close() };
}

export interface NewTask {
  readonly op: OpId | null;
  readonly call: CallId | null;
  readonly reason: TaskView['reason'];
  readonly summary: string;
}

/** Adds a task inside the transaction of the caller. `promise`: the operation whose promise it ends. */
export function insertTask(ledger: LedgerDb, task: NewTask, nowEpochMs: number, promise: OpId | null = null): TaskView {
  const id = ulid(nowEpochMs);
  ledger.db
    .prepare('INSERT INTO task (id, op, call, reason, summary, created_at, promise) VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(id, task.op, task.call, task.reason, ledger.vault.seal(task.call, taskPlace(id), task.summary), nowEpochMs, promise);
  return { id, ...task, createdAtEpochMs: nowEpochMs, doneAtEpochMs: null };
}
