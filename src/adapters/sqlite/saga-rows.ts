import { asCallId, asOpId, type OpId } from '../../base/ids.ts';
import { invariant } from '../../base/invariant.ts';
import type { Intent } from '../../domain/writeback/intent.ts';
import type { Planner, StepRole } from '../../domain/writeback/plan.ts';
import { PLAN_ENDED } from '../../domain/writeback/reopen.ts';
import { advanceSaga, type SagaAction, type SagaStep } from '../../domain/writeback/saga.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { LedgerDb } from './ledger-db.ts';
import type { OpRow } from './ledger-rows.ts';
import { insertOp, newOpId } from './op-rows.ts';

/** Inserts what an intent means, with its plan frozen beside it, inside the transaction of the caller. Returns the pivot. */
export function insertIntent(ledger: LedgerDb, intent: Intent, planner: Planner, nowEpochMs: number): OpId {
  const { plan, ops } = planner.plan(intent);
  const pivot = newOpId(nowEpochMs);
  const { callerNumber = null } = intent;
  if (callerNumber !== null) ledger.vault.bind(intent.call, [ledger.vault.indexOf(callerNumber)]);
  const isSaga = ops.length > 1;
  if (isSaga)
    ledger.db
      .prepare(`INSERT INTO saga (id, plan, state, created_at) VALUES (?, ?, 'running', ?)`)
      .run(pivot, JSON.stringify(plan), nowEpochMs);
  for (const [position, { step, role, destination, key, payload }] of ops.entries()) {
    const { call, tenant, seq } = intent;
    const part = { saga: isSaga ? pivot : null, step: isSaga ? step : null, role, position } as const;
    const turn = position === 0 ? 'released' : 'held';
    const row = { tenant, call, seq, destination, key, payload, traceparent: intent.traceparent ?? null, turn, ...part } as const;
    insertOp(ledger, role === 'pivot' ? pivot : newOpId(nowEpochMs), row, nowEpochMs);
  }
  return pivot;
}

const LEADING: readonly OpRow['role'][] = ['before', 'pivot', 'after'];

/** After a step was decided: carries out what its plan does next, inside the transaction that decided it. Nothing for a lone operation. */
export function advanceAfter(ledger: LedgerDb, op: OpId, nowEpochMs: number): void {
  const { db } = ledger;
  const row = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?').get(op);
  if (row?.saga === undefined || row.saga === null) return;
  if (row.role === 'undo') return settleUndo(ledger, row);
  if (row.role === 'confirmation') return;
  const rows = db.prepare<[string], OpRow>('SELECT * FROM op WHERE saga = ? ORDER BY position').all(row.saga);
  // Whoever has begun to write it may have found it there already; who has not begun yet waits until it is gone.
  const others = db.prepare<[string, string, string], { n: number }>(
    `SELECT count(*) AS n FROM op WHERE record_key = ? AND destination = ? AND id <> ?
       AND (state = 'verified' OR (state IN ('accepted', 'sending', 'unknown', 'committed') AND (sent_at IS NOT NULL OR lease_owner IS NOT NULL)))`,
  );
  const steps = rows
    .filter(({ role }) => LEADING.includes(role))
    .map(({ id, role, state, turn, record_key, destination }): SagaStep => {
      const own = state !== 'verified' || (others.get(record_key, destination, id)?.n ?? 0) === 0;
      return { op: id, role: role as StepRole, state, turn, own };
    });
  const { state, actions } = advanceSaga(steps);
  for (const action of actions) carryOut(ledger, action, rows, nowEpochMs);
  db.prepare(`UPDATE saga SET state = ?, ended_at = CASE WHEN ? = 'running' THEN NULL ELSE ? END WHERE id = ? AND state = 'running'`).run(
    state,
    state,
    nowEpochMs,
    row.saga,
  );
}

function carryOut(ledger: LedgerDb, action: SagaAction, rows: readonly OpRow[], nowEpochMs: number): void {
  const row = rows.find(({ id }) => id === action.op);
  invariant(row !== undefined, 'an action is about a step of its plan');
  switch (action.type) {
    case 'release':
      release(ledger, asOpId(row.id), nowEpochMs);
      return;
    case 'drop':
      drop(ledger, asOpId(row.id));
      return;
    case 'undo': {
      ledger.db.prepare(`UPDATE op SET state = 'compensating' WHERE id = ?`).run(row.id);
      const { tenant, seq, destination, saga, traceparent } = row;
      const id = newOpId(nowEpochMs);
      const payload = { kind: 'cancel', target: asOpId(row.id) } as const;
      // A plan that was opened again may have to take the same step back once more.
      const times = ledger.db
        .prepare<[string], { n: number }>(`SELECT count(*) AS n FROM op WHERE target = ? AND role = 'undo'`)
        .get(row.id);
      const again = times === undefined || times.n === 0 ? '' : `.${times.n + 1}`;
      const place = { saga, step: row.step, role: 'undo', position: rows.length + row.position, turn: 'released' } as const;
      insertOp(
        ledger,
        id,
        { tenant, call: asCallId(row.call), seq, destination, key: `comp.${row.key}${again}`, payload, traceparent, ...place },
        nowEpochMs,
      );
    }
  }
}

/** Lets an operation that was held be carried out; its age counts from now. */
export function release({ db }: LedgerDb, op: OpId, nowEpochMs: number): void {
  db.prepare(`UPDATE op SET turn = 'released', accepted_at = ?, due_at = ? WHERE id = ? AND turn = 'held'`).run(nowEpochMs, nowEpochMs, op);
}

/** Ends an operation that was never carried out. */
export function drop({ db }: LedgerDb, op: OpId): void {
  const end = db.prepare(`UPDATE op SET state = 'compensated', error_code = ? WHERE id = ? AND turn = 'held' AND state = 'accepted'`);
  end.run(PLAN_ENDED, op);
}

/** What was taken back is compensated; what could not be taken back is for a person. */
function settleUndo({ db }: LedgerDb, { state, target }: OpRow): void {
  if (!isFinal(state)) return;
  const end = state === 'verified' ? { state: 'compensated', code: null } : { state: 'needs_human', code: 'undo_failed' };
  db.prepare(`UPDATE op SET state = ?, error_code = ? WHERE id = ? AND state = 'compensating'`).run(end.state, end.code, target);
}
