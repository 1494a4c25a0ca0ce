import { ulid } from 'ulid';
import type { CallId, OpId } from '../../base/ids.ts';
import type { TaskView } from '../../domain/writeback/intent.ts';
import { reading, type Db } from './database.ts';
import { adoptCallKeys } from './adopt-call-keys.ts';
import { taskPlace } from './ledger-rows.ts';
import { LEDGER_MIGRATIONS } from './ledger-schema.ts';
import { openSealedDb, type SealedDb } from './sealed-db.ts';
import type { SubjectKeys } from './subject-keys.ts';

export interface LedgerDbOptions {
  readonly path: string;
  /** File of the key-encryption key; made at the first start of an installation. */
  readonly keyFile: string;
  readonly busyMs?: number;
  /** Opens what is there, and makes nothing. */
  readonly mustExist?: boolean;
  /** Lets others in after a transaction that the disk has held up. */
  readonly standsBack?: boolean;
  /** Bound on the size in pages of 4 KiB; for tests of a full disk. */
  readonly pagesMax?: number;
}

/** One connection to the ledger's file, shared by the views of it that a process uses. */
export type LedgerDb = SealedDb;

/**
 * A call that cannot write the ledger within this time hears that its request could not be taken. Longer than a disk that stalls for a second
 * keeps the lock with another process, and short enough for the dead-man's switches of all other calls.
 */
const BUSY_MS = 1500;
const KEYS_OF_PEOPLE_SINCE = 3;

/** Opens the ledger. Throws what `openSealedDb` throws. */
export function openLedgerDb({ busyMs = BUSY_MS, ...options }: LedgerDbOptions): LedgerDb {
  const prepare = (db: Db, keys: SubjectKeys): void => {
    adoptCallKeys(db, keys, peopleOfOps(db));
    destroyErased(db, keys);
  };
  return openSealedDb({
    ...options,
    busyMs,
    migrations: LEDGER_MIGRATIONS,
    keysSince: KEYS_OF_PEOPLE_SINCE,
    unreadable: 'ledger_unavailable',
    prepare,
  });
}

function peopleOfOps(db: Db): (call: string) => readonly string[] {
  const subjects = db.prepare<[string], { subject: string }>('SELECT DISTINCT subject FROM op WHERE call = ? AND subject IS NOT NULL');
  return (call) => subjects.all(call).map(({ subject }) => subject);
}

/** An old copy of the keys that was put back brings back none of those that were destroyed. */
function destroyErased(db: Db, keys: SubjectKeys): void {
  const erased = db.prepare<[], { holder: string; erased_at: number }>('SELECT holder, erased_at FROM erasure');
  for (const { holder, erased_at } of reading('reading erasures', () => erased.all()))
    if (!keys.isDestroyed(holder)) keys.destroy([holder], erased_at);
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
