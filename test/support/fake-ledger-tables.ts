import type { Clock } from '../../src/base/clock.ts';
import { asOpId, type CallId, type OpId } from '../../src/base/ids.ts';
import type { Intent, MessagePayload, OpPayload, OpView, PromiseView, TaskView } from '../../src/domain/writeback/intent.ts';
import { fingerprintOf } from '../../src/domain/writeback/op-key.ts';
import type { Planner, StepRole } from '../../src/domain/writeback/plan.ts';
import { acceptedOp, isFinal, type OpProgress } from '../../src/domain/writeback/reduce-op.ts';
import { advanceSaga } from '../../src/domain/writeback/saga.ts';
import type { AttemptView, ResolutionView } from '../../src/ports/ledger-desk.ts';
import type { SaidRow } from '../../src/ports/ledger.ts';
import type { BreakerState } from '../../src/ports/op-store.ts';
import type { FindingView, ReconciliationView } from '../../src/ports/reconcile-store.ts';

/** One operation of the ledger in memory. */
export interface Row {
  readonly id: OpId;
  readonly call: CallId;
  readonly tenant: string;
  readonly seq: number;
  readonly payload: OpPayload;
  readonly destination: string;
  readonly key: string;
  readonly recordKey: string;
  readonly fingerprint: string;
  readonly saga: OpId | null;
  readonly step: string | null;
  readonly role: OpView['role'];
  turn: 'held' | 'released';
  remoteId: string | null;
  progress: OpProgress;
  readBack: OpPayload | null;
  leaseOwner: string | null;
  leaseUntil: number;
  leaseEpoch: number;
}

export interface Message {
  readonly id: string;
  readonly op: OpId;
  readonly payload: MessagePayload;
  readonly atEpochMs: number;
}

export interface Tables {
  readonly clock: Clock;
  readonly planner: Planner;
  readonly rows: Map<OpId, Row>;
  readonly promises: Map<OpId, PromiseView & { readonly confirmation: OpId | null }>;
  /** When each promise was opened, in epoch milliseconds. */
  readonly openedAt: Map<OpId, number>;
  readonly tasks: TaskView[];
  readonly said: SaidRow[];
  readonly messages: Map<string, Message>;
  readonly breakers: Map<string, BreakerState>;
  readonly attempts: (AttemptView & { readonly op: OpId })[];
  /** By operation and type. */
  readonly findings: Map<string, FindingView>;
  readonly resolutions: Map<string, ResolutionView>;
  readonly runs: ReconciliationView[];
  nextId(): string;
}

export const view = (row: Row): OpView => ({
  op: row.id,
  call: row.call,
  kind: row.payload.kind,
  destination: row.destination,
  step: row.step,
  role: row.role,
  key: row.key,
  fingerprint: row.fingerprint,
  state: row.progress.state,
  attempts: row.progress.attempts,
  acceptedAtEpochMs: row.progress.acceptedAtEpochMs,
  verifiedAtEpochMs: row.progress.verifiedAtEpochMs,
  payload: row.payload,
  readBack: row.readBack,
  errorCode: row.progress.errorCode,
});

type NewRow = Pick<Row, 'call' | 'tenant' | 'seq' | 'payload' | 'destination' | 'key' | 'saga' | 'step' | 'role' | 'turn'>;

function addRow({ rows, clock }: Tables, id: OpId, row: NewRow): Row {
  const { payload, key, tenant } = row;
  const recordKey = payload.kind === 'contact' ? `v1.${tenant}.contact.${payload.phone}|${payload.name.toLowerCase()}` : key;
  const lease = { leaseOwner: null, leaseUntil: 0, leaseEpoch: 0 };
  const made: Row = {
    ...row,
    ...lease,
    id,
    recordKey,
    fingerprint: fingerprintOf(payload),
    remoteId: null,
    progress: acceptedOp(clock.epochMs()),
    readBack: null,
  };
  rows.set(id, made);
  return made;
}

/** What an intent means, all at once. Returns the pivot. */
export function addIntent(tables: Tables, intent: Intent): Row {
  const { ops } = tables.planner.plan(intent);
  const isSaga = ops.length > 1;
  const pivot = asOpId(tables.nextId());
  for (const [index, { step, role, destination, key, payload }] of ops.entries()) {
    const { call, tenant, seq } = intent;
    const place = { saga: isSaga ? pivot : null, step: isSaga ? step : null, role, turn: index === 0 ? 'released' : 'held' } as const;
    addRow(tables, role === 'pivot' ? pivot : asOpId(tables.nextId()), { call, tenant, seq, destination, key, payload, ...place });
  }
  const made = tables.rows.get(pivot);
  if (made === undefined) throw new Error('a plan has a pivot');
  return made;
}

export function addTask(
  tables: Tables,
  task: Omit<TaskView, 'id' | 'createdAtEpochMs' | 'doneAtEpochMs'>,
  createdAtEpochMs = tables.clock.epochMs(),
): TaskView {
  const made = { ...task, id: tables.nextId(), createdAtEpochMs, doneAtEpochMs: null };
  tables.tasks.push(made);
  return made;
}

export function openPromise(tables: Tables, op: OpId, deadlineEpochMs: number): PromiseView {
  const { promises, rows, planner } = tables;
  const row = rows.get(op);
  if (!promises.has(op) && row !== undefined) {
    const planned = planner.confirmation(row.payload);
    const place = { saga: null, step: 'confirmation', role: 'confirmation', turn: 'held' } as const;
    const { call, tenant, seq } = row;
    const notice =
      planned === null
        ? null
        : addRow(tables, asOpId(tables.nextId()), { call, tenant, seq, key: `${row.key}.confirmation`, ...planned, ...place });
    tables.openedAt.set(op, tables.clock.epochMs());
    promises.set(op, {
      op,
      deadlineEpochMs,
      channel: planned?.payload.channel ?? 'human_task',
      state: 'open',
      confirmation: notice?.id ?? null,
    });
  }
  const promise = promises.get(op);
  if (promise === undefined) throw new Error(`there is no operation ${op}`);
  return promise;
}

export function release(tables: Tables, row: Row): void {
  if (row.turn === 'released') return;
  const nowEpochMs = tables.clock.epochMs();
  row.turn = 'released';
  row.progress = { ...row.progress, acceptedAtEpochMs: nowEpochMs, dueAtEpochMs: nowEpochMs };
}

/** What the plan of a decided step does next. */
export function advanceAfter(tables: Tables, row: Row): void {
  const { rows } = tables;
  if (row.role === 'undo' && 'target' in row.payload && isFinal(row.progress.state)) {
    const target = rows.get(row.payload.target);
    const isGone = row.progress.state === 'verified';
    if (target?.progress.state === 'compensating')
      target.progress = { ...target.progress, state: isGone ? 'compensated' : 'needs_human', errorCode: isGone ? null : 'undo_failed' };
    return;
  }
  if (row.saga === null) return;
  const leading = [...rows.values()].filter(({ saga, role }) => saga === row.saga && role !== 'undo' && role !== 'confirmation');
  const isBegun = ({ progress: { state, sentAtEpochMs }, leaseOwner }: Row): boolean =>
    ['accepted', 'sending', 'unknown', 'committed'].includes(state) && (sentAtEpochMs !== null || leaseOwner !== null);
  const isShared = (one: Row): boolean =>
    [...rows.values()].some(
      (other) =>
        other.id !== one.id &&
        other.recordKey === one.recordKey &&
        other.destination === one.destination &&
        (other.progress.state === 'verified' || isBegun(other)),
    );
  const steps = leading.map((one) => ({
    op: one.id,
    role: one.role as StepRole,
    state: one.progress.state,
    turn: one.turn,
    own: !isShared(one),
  }));
  for (const { type, op } of advanceSaga(steps).actions) {
    const one = leading.find(({ id }) => id === op);
    if (one === undefined) continue;
    if (type === 'release') release(tables, one);
    if (type === 'drop') one.progress = { ...one.progress, state: 'compensated', errorCode: 'plan_ended' };
    if (type === 'undo') undo(tables, one);
  }
}

function undo(tables: Tables, row: Row): void {
  row.progress = { ...row.progress, state: 'compensating' };
  const { call, tenant, seq, destination, saga, step } = row;
  const payload = { kind: 'cancel', target: row.id } as const;
  const place = { saga, step, role: 'undo', turn: 'released' } as const;
  const times = [...tables.rows.values()].filter(
    (one) => one.role === 'undo' && 'target' in one.payload && one.payload.target === row.id,
  ).length;
  const key = `comp.${row.key}${times === 0 ? '' : `.${times + 1}`}`;
  addRow(tables, asOpId(tables.nextId()), { call, tenant, seq, destination, key, payload, ...place });
}
