import { AppError } from '../../src/base/app-error.ts';
import { asOpId, type OpId } from '../../src/base/ids.ts';
import { isIntentPayload, type Intent, type IntentPayload } from '../../src/domain/writeback/intent.ts';
import type { StepRole } from '../../src/domain/writeback/plan.ts';
import { reopening, resolvedState } from '../../src/domain/writeback/reopen.ts';
import { advanceSaga } from '../../src/domain/writeback/saga.ts';
import type { LedgerDesk, ResolutionView } from '../../src/ports/ledger-desk.ts';
import type { FindingView } from '../../src/ports/reconcile-store.ts';
import { advanceAfter, openPromise, view, type Row, type Tables } from './fake-ledger-tables.ts';

const PROMISE_MS = 900_000;

const refuse = (op: string, why: string): AppError => new AppError('operation_state_wrong', `operation ${op} ${why}`);

/** Looking up and deciding, in memory. */
export function fakeDesk(tables: Tables): LedgerDesk {
  const { rows, findings, resolutions } = tables;
  const rowOf = (op: OpId): Row => {
    const row = rows.get(op);
    if (row === undefined) throw new AppError('not_found', `there is no operation ${op}`);
    return row;
  };
  return {
    retry: (op, by) => {
      const row = rowOf(op);
      if (resolutions.has(op)) throw refuse(op, 'was decided by a person');
      const plan = planOf(tables, row);
      const decision = reopening(
        op,
        plan.map(({ id, role, progress }) => ({ op: id, role, state: progress.state, errorCode: progress.errorCode })),
      );
      if (decision.type === 'refused') throw refuse(op, decision.why);
      for (const one of decision.ops) begin(tables, rowOf(one), by);
      const isOwed = row.role === 'pivot' && row.payload.kind !== 'message';
      if (isOwed) openPromise(tables, op, tables.clock.epochMs() + PROMISE_MS);
      if (row.saga === null) row.turn = 'released';
      else advanceAfter(tables, row);
      return view(row);
    },
    resolve: (op, decision) => {
      const row = rows.get(asOpId(op)) ?? null;
      const open = openOf(tables, op);
      if (row === null && open.length === 0) throw new AppError('not_found', `there is no operation ${op}`);
      if (row !== null) settle(tables, row, { as: decision.as, open });
      endFindings(tables, op);
      const state = row?.progress.state ?? null;
      const resolution: ResolutionView = { op, ...decision, atEpochMs: tables.clock.epochMs(), state };
      resolutions.set(op, resolution);
      return resolution;
    },
    history: (op) => {
      const row = rows.get(op);
      if (row === undefined) return null;
      const { confirmation, ...promise } = tables.promises.get(op) ?? { confirmation: null };
      const steps = [...planOf(tables, row), ...[...rows.values()].filter(({ id }) => id === confirmation)];
      return {
        op: view(row),
        plan: row.saga === null ? null : { steps: tables.planner.plan(intentOf(tables, row.saga)).plan, state: sagaState(tables, row) },
        steps: steps.map(view),
        said: tables.said.filter((said) => said.op === op),
        promise: 'op' in promise ? promise : null,
        attempts: tables.attempts.filter((one) => one.op === op).map(({ op: _op, ...line }) => line),
        findings: [...findings.values()].filter((one) => one.op === op),
        resolution: resolutions.get(op) ?? null,
      };
    },
    page: ({ sinceEpochMs, after, limit }) => {
      const all = [...rows.values()].filter(({ id, progress }) => id > (after ?? '') && progress.acceptedAtEpochMs >= sinceEpochMs);
      const page = all.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
      return { rows: page.map(view), next: page.length < limit ? null : (page.at(-1)?.id ?? null) };
    },
    findings: ({ open }) => [...findings.values()].filter(({ endedAtEpochMs }) => !open || endedAtEpochMs === null),
    lastReconciliation: (scope) => tables.runs.findLast((run) => run.scope === scope) ?? null,
  };
}

const planOf = ({ rows }: Tables, { id, saga }: Row): readonly Row[] =>
  [...rows.values()].filter((one) => one.id === id || (saga !== null && one.saga === saga));

function intentOf({ rows }: Tables, saga: OpId): Intent {
  const pivot = rows.get(saga);
  if (pivot === undefined || !isIntentPayload(pivot.payload)) throw new Error('a plan has a pivot');
  return pivot as Row & { readonly payload: IntentPayload };
}

const sagaState = (tables: Tables, row: Row): 'running' | 'done' | 'failed' =>
  advanceSaga(
    planOf(tables, row)
      .filter(({ role }) => role === 'before' || role === 'pivot' || role === 'after')
      .map(({ id, role, progress, turn }) => ({ op: id, role: role as StepRole, state: progress.state, turn, own: false })),
  ).state;

const openOf = ({ findings }: Tables, op: string): readonly FindingView[] =>
  [...findings.values()].filter((one) => one.op === op && one.endedAtEpochMs === null);

function endFindings(tables: Tables, op: string): void {
  for (const one of openOf(tables, op)) tables.findings.set(`${one.op} ${one.type}`, { ...one, endedAtEpochMs: tables.clock.epochMs() });
}

function endTasks({ tasks, clock }: Tables, op: OpId): void {
  for (const [index, task] of tasks.entries())
    if (task.op === op && task.doneAtEpochMs === null) tasks[index] = { ...task, doneAtEpochMs: clock.epochMs() };
}

function begin(tables: Tables, row: Row, by: string): void {
  const now = tables.clock.epochMs();
  const promisedMs = (tables.promises.get(row.id)?.deadlineEpochMs ?? now) - row.progress.acceptedAtEpochMs;
  const tasks = tables.tasks.filter(({ op }) => op === row.id).map(({ createdAtEpochMs }) => createdAtEpochMs + 1);
  row.progress = {
    ...row.progress,
    state: 'accepted',
    failures: 0,
    crashes: 0,
    absences: 0,
    overlap: 'none',
    errorCode: null,
    dueAtEpochMs: now,
    acceptedAtEpochMs: Math.max(now, ...tasks),
    committedAtEpochMs: null,
    verifiedAtEpochMs: null,
  };
  Object.assign(row, { turn: 'held', leaseOwner: null, leaseUntil: 0, leaseEpoch: row.leaseEpoch + 1 });
  tables.attempts.push({ op: row.id, phase: 'retry', startedAtEpochMs: now, endedAtEpochMs: now, outcome: 'reopened', code: by });
  endTasks(tables, row.id);
  const promise = tables.promises.get(row.id);
  if (promise?.state !== 'handed_to_human') return;
  tables.promises.set(row.id, { ...promise, state: 'open', deadlineEpochMs: now + promisedMs });
  tables.openedAt.set(row.id, now);
  const notice = promise.confirmation === null ? undefined : tables.rows.get(promise.confirmation);
  if (notice?.progress.errorCode !== 'promise_ended') return;
  notice.progress = { ...notice.progress, state: 'accepted', errorCode: null };
  notice.turn = 'held';
}

function settle(tables: Tables, row: Row, { as, open }: { readonly as: 'done' | 'dropped'; readonly open: readonly FindingView[] }): void {
  if (row.role === 'undo' || row.role === 'confirmation') throw refuse(row.id, 'is part of another one, which decides');
  const gone = open.some(({ type }) => type === 'said_not_recorded');
  const next = resolvedState(row.progress.state, as, { open: open.length > 0, gone });
  if (next.type === 'refused') throw refuse(row.id, next.why);
  if (next.state !== row.progress.state) row.progress = { ...row.progress, state: next.state, errorCode: 'dropped_by_person' };
  endTasks(tables, row.id);
  const promise = tables.promises.get(row.id);
  if (promise?.state !== 'open') return;
  tables.promises.set(row.id, { ...promise, state: 'handed_to_human' });
  const notice = promise.confirmation === null ? undefined : tables.rows.get(promise.confirmation);
  if (notice === undefined || !['accepted', 'sending'].includes(notice.progress.state) || notice.progress.sentAtEpochMs !== null) return;
  notice.progress = { ...notice.progress, state: 'compensated', errorCode: 'promise_ended' };
  Object.assign(notice, { leaseOwner: null, leaseUntil: 0, leaseEpoch: notice.leaseEpoch + 1 });
}
