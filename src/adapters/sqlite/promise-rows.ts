import { isAppError } from '../../base/app-error.ts';
import { asCallId, asOpId, type CallId, type OpId } from '../../base/ids.ts';
import type { OpPayload, OpState, PromiseView } from '../../domain/writeback/intent.ts';
import type { Planner } from '../../domain/writeback/plan.ts';
import { taskSummary } from '../../domain/writeback/task-summary.ts';
import type { OpStore } from '../../ports/op-store.ts';
import { inTransaction, reading } from './database.ts';
import { insertTask, type LedgerDb } from './ledger-db.ts';
import { payloadOf, promiseView, readBackOf, type OpRow, type PromiseRow } from './ledger-rows.ts';
import { insertOp, newOpId } from './op-rows.ts';
import { release } from './saga-rows.ts';
import type { Vault } from './vault.ts';

/** What nothing can be said about yet. */
const UNDECIDED = `'accepted', 'sending', 'unknown', 'committed', 'compensating'`;
/** Open promises, those about which something can be done first. */
const OPEN_SQL = `
SELECT promise.*, op.state AS op_state, notice.state AS sent, notice.turn AS turn
FROM promise JOIN op ON op.id = promise.op LEFT JOIN op AS notice ON notice.id = promise.confirmation
WHERE promise.state = 'open'
ORDER BY op.state IN (${UNDECIDED}) OR (coalesce(notice.turn, 'held') = 'released' AND notice.state IN (${UNDECIDED})), promise.deadline_at
LIMIT ?`;
/** Operations that one look gives a task. */
const STUCK_MAX = 500;

export interface NewPromise {
  readonly op: OpId;
  readonly deadlineEpochMs: number;
  readonly planner: Planner;
}

/**
 * Opens a promise inside the transaction of the caller; leaves the one that stands. Where a channel reaches the caller, the confirmation
 * is an operation of its own, held until what it confirms stands.
 */
export function insertPromise(ledger: LedgerDb, { op, deadlineEpochMs, planner }: NewPromise, nowEpochMs: number): void {
  const { db, vault } = ledger;
  const row = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?').get(op);
  if (row === undefined || db.prepare('SELECT 1 FROM promise WHERE op = ?').get(op) !== undefined) return;
  const payload = payloadOf(row, vault);
  const confirmation = payload === null ? null : planner.confirmation(payload);
  const id = confirmation === null ? null : newOpId(nowEpochMs);
  if (confirmation !== null && id !== null) {
    const { tenant, seq, key, traceparent } = row;
    const place = { saga: null, step: 'confirmation', role: 'confirmation', position: 0, turn: 'held' } as const;
    const notice = { destination: confirmation.destination, payload: confirmation.payload, key: `${key}.confirmation` };
    insertOp(ledger, id, { tenant, call: asCallId(row.call), seq, traceparent, ...notice, ...place }, nowEpochMs);
  }
  db.prepare(`INSERT INTO promise (op, deadline_at, channel, confirmation, state, opened_at) VALUES (?, ?, ?, ?, 'open', ?)`).run(
    op,
    deadlineEpochMs,
    confirmation?.payload.channel ?? 'human_task',
    id,
    nowEpochMs,
  );
}

/**
 * What an operation holds, and the call with whose key a task about it is sealed. One that cannot be decrypted is a task all the same,
 * which says nothing of anybody, and keeps no other from being made.
 */
function heldBy(row: OpRow, vault: Vault): { readonly held: OpPayload | null; readonly call: CallId | null } {
  try {
    return { held: readBackOf(row, vault) ?? payloadOf(row, vault), call: asCallId(row.call) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { held: null, call: null };
  }
}

type PromisePart = Pick<OpStore, 'openPromises' | 'sendConfirmation' | 'endPromise' | 'addTasksForStuck'>;

/** The worker's view of promises and of what needs a person. */
export function promiseSweep(ledger: LedgerDb): PromisePart {
  const { db, vault } = ledger;
  const open = db.prepare<[number], PromiseRow & { op_state: OpState; sent: OpState | null; turn: OpRow['turn'] | null }>(OPEN_SQL);
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const promiseOf = db.prepare<[string], PromiseRow>(`SELECT * FROM promise WHERE op = ? AND state = 'open'`);
  const end = db.prepare(`UPDATE promise SET state = ?, ended_at = ? WHERE op = ?`);
  // Only what nobody holds and nothing was sent of can be called off. A holder whose lease ran out may wake up yet: it is fenced off.
  const callOff = db.prepare(
    `UPDATE op SET state = 'compensated', error_code = 'promise_ended', lease_owner = NULL, lease_until = 0, lease_epoch = lease_epoch + 1
     WHERE id = ? AND state IN ('accepted', 'sending') AND sent_at IS NULL AND (turn = 'held' OR lease_until <= ?)`,
  );
  // With a promise, the task comes from its end; a confirmation ends with its promise, an undo with what it takes back. A task from
  // before an operation was opened again is about what it was then. Of a refusal the caller hears; of that of a later step nobody does.
  const stuck = db.prepare<[], OpRow>(
    `SELECT * FROM op WHERE (state IN ('dead', 'needs_human') OR (state IN ('rejected', 'conflict') AND role = 'after'))
       AND role NOT IN ('confirmation', 'undo') AND erased_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM promise WHERE promise.op = op.id)
       AND NOT EXISTS (SELECT 1 FROM task WHERE task.op = op.id AND task.created_at >= op.accepted_at)
       AND NOT EXISTS (SELECT 1 FROM resolution WHERE resolution.op = op.id)
     LIMIT ${STUCK_MAX}`,
  );
  // A promise can be opened in the moment in which its operation has become a task already: the caller is called once.
  const isTold = db.prepare<[string, number], { n: number }>('SELECT count(*) AS n FROM task WHERE op = ? AND created_at >= ?');
  const addTaskFor = (row: OpRow, reason: Parameters<typeof taskSummary>[0], at: { nowEpochMs: number; promise: OpId | null }): void => {
    const { held, call } = heldBy(row, vault);
    const task = { op: asOpId(row.id), call, reason, summary: taskSummary(reason, held, row.error_code) };
    // A clock that was set back does not make it older than the operation, of which it would not count as the task then.
    insertTask(ledger, task, Math.max(at.nowEpochMs, row.accepted_at), at.promise);
  };
  return {
    openPromises: (limit) =>
      reading('listing promises', () =>
        open.all(limit).map((row): { promise: PromiseView; opState: OpState; confirmation: OpState | 'held' | null } => ({
          promise: promiseView(row),
          opState: row.op_state,
          confirmation: row.turn === 'held' && row.sent === 'accepted' ? 'held' : row.sent,
        })),
      ),
    sendConfirmation: (op, nowEpochMs) => {
      inTransaction(db, 'sending a confirmation', () => {
        const confirmation = promiseOf.get(op)?.confirmation ?? null;
        if (confirmation !== null) release(ledger, asOpId(confirmation), nowEpochMs);
      });
    },
    endPromise: (op, { state, reason }, nowEpochMs) =>
      inTransaction(db, 'ending a promise', () => {
        const [promise, row] = [promiseOf.get(op), byId.get(op)];
        if (promise === undefined || row === undefined) return false;
        const sent = promise.confirmation === null ? undefined : byId.get(promise.confirmation);
        const isUnderWay = sent !== undefined && ['accepted', 'sending', 'unknown', 'committed'].includes(sent.state);
        if (isUnderWay && callOff.run(sent.id, nowEpochMs).changes === 0) return false;
        end.run(state, nowEpochMs, op);
        const isNew = isTold.get(row.id, row.accepted_at)?.n === 0;
        if (reason !== null && isNew) addTaskFor(row, reason, { nowEpochMs, promise: op });
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
