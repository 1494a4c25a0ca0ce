import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { asCallId, asOpId, type OpId } from '../../base/ids.ts';
import { invariant } from '../../base/invariant.ts';
import type { Planner } from '../../domain/writeback/plan.ts';
import { reopening, resolvedState } from '../../domain/writeback/reopen.ts';
import type { LedgerDesk } from '../../ports/ledger-desk.ts';
import { inTransaction } from './database.ts';
import type { LedgerDb } from './ledger-db.ts';
import { notePlace, opView, type OpRow } from './ledger-rows.ts';
import { resolutionOf } from './history-rows.ts';
import { insertPromise } from './promise-rows.ts';
import { advanceAfter } from './saga-rows.ts';

const refuse = (op: string, why: string): AppError => new AppError('operation_state_wrong', `operation ${op} ${why}`, { details: { op } });

/** How long a caller who was promised nothing so far may wait for word of what was opened again, in milliseconds. */
const PROMISE_MS = 900_000;

/** Its caller has heard of a failure, or nothing, and has to hear what comes of it now; a message reaches a person anyway. */
const isOwed = ({ role, kind }: OpRow): boolean => role === 'pivot' && (kind === 'booking' || kind === 'reschedule' || kind === 'cancel');

/** What people decide about operations, each decision in one transaction. */
export function deskDecisions(ledger: LedgerDb, clock: Clock, planner: Planner): Pick<LedgerDesk, 'retry' | 'resolve'> {
  const { db, vault } = ledger;
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const rowOf = (op: OpId): OpRow => {
    const row = byId.get(op);
    if (row === undefined) throw new AppError('not_found', `there is no operation ${op}`);
    return row;
  };
  return {
    retry: (op, by) =>
      inTransaction(db, 'opening an operation again', () => {
        const row = rowOf(op);
        const nowEpochMs = clock.epochMs();
        reopen(ledger, row, { by, nowEpochMs });
        const deadlineEpochMs = nowEpochMs + PROMISE_MS;
        if (isOwed(row)) insertPromise(ledger, { op, deadlineEpochMs, planner }, nowEpochMs);
        const opened = opView(rowOf(op), vault);
        if (opened === null) throw refuse(op, 'was erased');
        return opened;
      }),
    resolve: (op, decision) =>
      inTransaction(db, 'keeping a decision', () => {
        const row = byId.get(op) ?? null;
        resolve(ledger, { op, row }, { ...decision, nowEpochMs: clock.epochMs() });
        const resolution = resolutionOf(ledger, op);
        invariant(resolution !== null, 'a decision that was kept is there');
        return resolution;
      }),
  };
}

/** Opens a step and what it needs; the plan then releases the first of them. Throws `operation_state_wrong`. */
function reopen(ledger: LedgerDb, row: OpRow, { by, nowEpochMs }: { readonly by: string; readonly nowEpochMs: number }): void {
  const { db } = ledger;
  const op = asOpId(row.id);
  if (resolutionOf(ledger, op) !== null) throw refuse(op, 'was decided by a person');
  const rows = row.saga === null ? [row] : db.prepare<[string], OpRow>('SELECT * FROM op WHERE saga = ? ORDER BY position').all(row.saga);
  const steps = rows.map(({ id, role, state, error_code }) => ({ op: asOpId(id), role, state, errorCode: error_code }));
  const decision = reopening(op, steps);
  if (decision.type === 'refused') throw refuse(op, decision.why);
  // Younger than every task about it, and fenced against a worker that believes to hold it. What may have been sent stays on record.
  const begin = db.prepare(
    `UPDATE op SET state = 'accepted', turn = 'held', failures = 0, crashes = 0, absences = 0, overlap = 'none', due_at = @nowEpochMs,
       accepted_at = max(@nowEpochMs, coalesce((SELECT max(created_at) + 1 FROM task WHERE task.op = @op), 0)),
       committed_at = NULL, verified_at = NULL, error_code = NULL, lease_owner = NULL, lease_until = 0, lease_epoch = lease_epoch + 1
     WHERE id = @op`,
  );
  const note = db.prepare(
    `INSERT INTO attempt (op, n, phase, started_at, ended_at, outcome, code)
     SELECT @op, coalesce(max(n), 0) + 1, 'retry', @nowEpochMs, @nowEpochMs, 'reopened', @by FROM attempt WHERE op = @op`,
  );
  for (const one of decision.ops) {
    begin.run({ op: one, nowEpochMs });
    note.run({ op: one, nowEpochMs, by });
    endTasks(ledger, one, nowEpochMs);
    reopenPromise(ledger, one, nowEpochMs);
  }
  if (row.saga === null) {
    // Its age counts from the moment that `begin` has set, which a task may have pushed on.
    db.prepare(`UPDATE op SET turn = 'released' WHERE id = ?`).run(op);
    return;
  }
  db.prepare(`UPDATE saga SET state = 'running', ended_at = NULL WHERE id = ?`).run(row.saga);
  advanceAfter(ledger, op, nowEpochMs);
}

function endTasks({ db }: LedgerDb, op: string, nowEpochMs: number): void {
  db.prepare('UPDATE task SET done_at = ? WHERE op = ? AND done_at IS NULL').run(nowEpochMs, op);
}

/** A promise that had become a task for a person is open again, for as long as it was given at first. */
function reopenPromise(ledger: LedgerDb, op: OpId, nowEpochMs: number): void {
  const { db } = ledger;
  const opened = db
    .prepare<[number, number, string], { confirmation: string | null }>(
      `UPDATE promise SET state = 'open', ended_at = NULL, deadline_at = ? + deadline_at - opened_at, opened_at = ?
       WHERE op = ? AND state = 'handed_to_human' RETURNING confirmation`,
    )
    .get(nowEpochMs, nowEpochMs, op);
  if (opened === undefined) return;
  // The task that ended it is done, and ends nothing any more.
  db.prepare('UPDATE task SET promise = NULL WHERE promise = ?').run(op);
  db.prepare(
    `UPDATE op SET state = 'accepted', turn = 'held', error_code = NULL
     WHERE id = ? AND state = 'compensated' AND error_code = 'promise_ended' AND sent_at IS NULL`,
  ).run(opened.confirmation);
}

interface Decision {
  readonly as: 'done' | 'dropped';
  readonly note: string;
  readonly by: string;
  readonly nowEpochMs: number;
}

function resolve(ledger: LedgerDb, { op, row }: { readonly op: string; readonly row: OpRow | null }, decision: Decision): void {
  const { db, vault } = ledger;
  const { as, note, by, nowEpochMs } = decision;
  const open = db.prepare<[string], { type: string }>('SELECT type FROM finding WHERE op = ? AND ended_at IS NULL').all(op);
  if (row === null && open.length === 0) throw new AppError('not_found', `there is no operation ${op}`);
  // What is decided about it could be read by nobody.
  if (row !== null && vault.isErased(asCallId(row.call))) throw new AppError('subject_erased', `operation ${op} was erased`);
  if (row?.role === 'undo' || row?.role === 'confirmation') throw refuse(op, 'is part of another one, which decides');
  if (row !== null) settle(ledger, row, { ...decision, found: open.map(({ type }) => type) });
  db.prepare('UPDATE finding SET ended_at = ? WHERE op = ? AND ended_at IS NULL').run(nowEpochMs, op);
  const call = row === null ? null : asCallId(row.call);
  db.prepare(
    `INSERT INTO resolution (op, decided, note, decided_by, decided_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (op) DO UPDATE SET decided = excluded.decided, note = excluded.note, decided_by = excluded.decided_by,
       decided_at = excluded.decided_at`,
  ).run(op, as, vault.seal(call, notePlace(op), note), by, nowEpochMs);
}

function settle(ledger: LedgerDb, row: OpRow, { as, found, nowEpochMs }: Decision & { readonly found: readonly string[] }): void {
  const { db } = ledger;
  const next = resolvedState(row.state, as, { open: found.length > 0, gone: found.includes('said_not_recorded') });
  if (next.type === 'refused') throw refuse(row.id, next.why);
  if (next.state !== row.state)
    db.prepare(`UPDATE op SET state = ?, error_code = 'dropped_by_person' WHERE id = ?`).run(next.state, row.id);
  endTasks(ledger, row.id, nowEpochMs);
  const promise = db
    .prepare<[number, string], { confirmation: string | null }>(
      `UPDATE promise SET state = 'handed_to_human', ended_at = ? WHERE op = ? AND state = 'open' RETURNING confirmation`,
    )
    .get(nowEpochMs, row.id);
  // Whoever has taken it up, and not written down that it is sent, is fenced off.
  db.prepare(
    `UPDATE op SET state = 'compensated', error_code = 'promise_ended', lease_owner = NULL, lease_until = 0, lease_epoch = lease_epoch + 1
     WHERE id = ? AND state IN ('accepted', 'sending') AND sent_at IS NULL`,
  ).run(promise?.confirmation ?? null);
}
