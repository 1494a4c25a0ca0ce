import { asCallId, asOpId, type OpId } from '../../base/ids.ts';
import type { BookingPayload, OpPayload, OpState, PromiseView } from '../../domain/writeback/intent.ts';
import { isFinal, type OpProgress } from '../../domain/writeback/reduce-op.ts';
import type { AttemptLine, ClaimedOp, OpStore, OpTrace } from '../../ports/op-store.ts';
import { inTransaction, reading } from './database.ts';
import { insertTask, type LedgerDb } from './ledger-db.ts';
import {
  opView,
  payloadOf,
  progressOf,
  promiseView,
  readBackOf,
  readBackPlace,
  taskView,
  type OpRow,
  type PromiseRow,
  type TaskRow,
} from './ledger-rows.ts';
import { taskSummary } from '../../domain/writeback/task-summary.ts';

/** Rows that one sweep looks at. */
const SWEEP_MAX = 500;
const OPEN_STATES = `('accepted', 'sending', 'unknown', 'committed')`;

/** The worker's view of an open ledger file; closing it is left to who opened the file. */
export function createOpStore(ledger: LedgerDb): OpStore {
  return { ...leases(ledger), ...lookUps(ledger), ...promiseSweep(ledger) };
}

function leases(ledger: LedgerDb): Pick<OpStore, 'due' | 'claim' | 'renew' | 'save' | 'release'> {
  const { db, vault } = ledger;
  const due = db.prepare<[number, number, number], { id: string }>(
    `SELECT id FROM op WHERE state IN ${OPEN_STATES} AND due_at <= ? AND lease_until <= ? ORDER BY due_at, id LIMIT ?`,
  );
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const take = db.prepare(
    `UPDATE op SET lease_owner = @owner, lease_until = @untilEpochMs, lease_epoch = lease_epoch + 1
     WHERE id = @op AND state IN ${OPEN_STATES} AND due_at <= @nowEpochMs AND lease_until <= @nowEpochMs`,
  );
  const renew = db.prepare('UPDATE op SET lease_until = ? WHERE id = ? AND lease_epoch = ? AND lease_owner IS NOT NULL');
  const release = db.prepare('UPDATE op SET lease_owner = NULL, lease_until = 0 WHERE id = ? AND lease_epoch = ?');
  return {
    due: (nowEpochMs, limit) =>
      reading('looking for due operations', () => due.all(nowEpochMs, nowEpochMs, limit).map(({ id }) => asOpId(id))),
    claim: (op, lease) =>
      inTransaction(db, 'claiming an operation', (): ClaimedOp | null => {
        const before = byId.get(op);
        if (before === undefined || take.run({ op, ...lease }).changes === 0) return null;
        const payload = payloadOf(before, vault);
        if (payload === null) return null;
        const { key, destination } = before;
        return {
          op,
          key,
          destination,
          payload,
          progress: progressOf(before),
          epoch: before.lease_epoch + 1,
          takenOver: before.lease_owner !== null,
        };
      }),
    renew: (op, epoch, untilEpochMs) => inTransaction(db, 'renewing a lease', () => renew.run(untilEpochMs, op, epoch).changes > 0),
    save: (op, epoch, change) => inTransaction(db, 'storing progress', () => saveProgress(ledger, { op, epoch }, change)),
    release: (op, epoch) => {
      inTransaction(db, 'giving a lease back', () => release.run(op, epoch));
    },
  };
}

type Change = { readonly progress: OpProgress; readonly trace?: OpTrace; readonly attempt?: AttemptLine };

function saveProgress(ledger: LedgerDb, at: { readonly op: OpId; readonly epoch: number }, { progress, trace, attempt }: Change): boolean {
  const { db, vault } = ledger;
  const row = db.prepare<[string, number], { call: string }>('SELECT call FROM op WHERE id = ? AND lease_epoch = ?').get(at.op, at.epoch);
  if (row === undefined) return false;
  const readBack = trace?.readBack === undefined ? null : vault.seal(asCallId(row.call), readBackPlace(at.op), trace.readBack);
  db.prepare(
    `UPDATE op SET state = @state, attempts = @attempts, failures = @failures, crashes = @crashes, absences = @absences,
       overlap = @overlap, due_at = @dueAtEpochMs, sent_at = @sentAtEpochMs, committed_at = @committedAtEpochMs,
       verified_at = @verifiedAtEpochMs, error_code = @errorCode, read_back = coalesce(@readBack, read_back),
       remote_id = coalesce(@remoteId, remote_id), remote_etag = coalesce(@etag, remote_etag)
     WHERE id = @op AND lease_epoch = @epoch`,
  ).run({ ...progress, ...at, readBack, remoteId: trace?.remoteId ?? null, etag: trace?.etag ?? null });
  if (attempt !== undefined) addAttempt(ledger, at.op, attempt);
  // A decided operation is nobody's any more, so that its lease can never look like the lease of one who died.
  if (isFinal(progress.state)) db.prepare('UPDATE op SET lease_owner = NULL, lease_until = 0 WHERE id = ?').run(at.op);
  return true;
}

function addAttempt({ db }: LedgerDb, op: OpId, line: AttemptLine): void {
  db.prepare(
    `INSERT INTO attempt (op, n, phase, started_at, ended_at, outcome, code)
     SELECT @op, coalesce(max(n), 0) + 1, @phase, @startedAtEpochMs, @endedAtEpochMs, @outcome, @code FROM attempt WHERE op = @op`,
  ).run({ ...line, op });
}

function lookUps(ledger: LedgerDb): Pick<OpStore, 'get' | 'record' | 'tasks' | 'countByState'> {
  const { db, vault } = ledger;
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const tasks = db.prepare<[number], TaskRow>('SELECT * FROM task WHERE (? = 0 OR done_at IS NULL) ORDER BY created_at, id LIMIT 1000');
  const counts = db.prepare<[], { state: OpState; n: number }>('SELECT state, count(*) AS n FROM op GROUP BY state');
  return {
    get: (op) =>
      reading('reading an operation', () => {
        const row = byId.get(op);
        return row === undefined ? null : opView(row, vault);
      }),
    record: (op) =>
      reading('reading an operation', () => {
        const row = byId.get(op);
        if (row === undefined) return null;
        const held = row.state === 'verified' ? (readBackOf(row, vault) ?? payloadOf(row, vault)) : null;
        return { key: row.key, state: row.state, booking: bookingIn(held) };
      }),
    tasks: ({ open }) => reading('listing tasks', () => tasks.all(open ? 1 : 0).map((row) => taskView(row, vault))),
    countByState: () => reading('counting operations', () => Object.fromEntries(counts.all().map(({ state, n }) => [state, n]))),
  };
}

const bookingIn = (payload: OpPayload | null): BookingPayload | null => (payload?.kind === 'booking' ? payload : null);

type PromisePart = Pick<OpStore, 'openPromises' | 'endPromise' | 'addTasksForStuck'>;

function promiseSweep(ledger: LedgerDb): PromisePart {
  const { db, vault } = ledger;
  const open = db.prepare<[number], PromiseRow & { op_state: OpState }>(
    `SELECT promise.*, op.state AS op_state FROM promise JOIN op ON op.id = promise.op
     WHERE promise.state = 'open' ORDER BY promise.deadline_at LIMIT ?`,
  );
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const end = db.prepare(`UPDATE promise SET state = ?, ended_at = ? WHERE op = ? AND state = 'open'`);
  // With a promise, the task comes from its end.
  const stuck = db.prepare<[], OpRow>(
    `SELECT * FROM op WHERE state IN ('dead', 'needs_human')
       AND NOT EXISTS (SELECT 1 FROM promise WHERE promise.op = op.id) AND NOT EXISTS (SELECT 1 FROM task WHERE task.op = op.id)
     LIMIT ${SWEEP_MAX}`,
  );
  const addTaskFor = (row: OpRow, reason: Parameters<typeof taskSummary>[0], at: { nowEpochMs: number; promise: OpId | null }): void => {
    const held = readBackOf(row, vault) ?? payloadOf(row, vault);
    const task = { op: asOpId(row.id), call: asCallId(row.call), reason, summary: taskSummary(reason, held, row.error_code) };
    insertTask(ledger, task, at.nowEpochMs, at.promise);
  };
  return {
    openPromises: (limit) =>
      reading('listing promises', () =>
        open.all(limit).map((row): { promise: PromiseView; opState: OpState } => ({ promise: promiseView(row), opState: row.op_state })),
      ),
    endPromise: (op, { state, reason }, nowEpochMs) =>
      inTransaction(db, 'ending a promise', () => {
        const row = byId.get(op);
        if (row === undefined || end.run(state, nowEpochMs, op).changes === 0) return false;
        addTaskFor(row, reason, { nowEpochMs, promise: op });
        return true;
      }),
    addTasksForStuck: (nowEpochMs) =>
      stuck.all().length === 0
        ? 0
        : inTransaction(db, 'adding tasks', () => {
            const rows = stuck.all();
            for (const row of rows) addTaskFor(row, 'needs_human', { nowEpochMs, promise: null });
            return rows.length;
          }),
  };
}
