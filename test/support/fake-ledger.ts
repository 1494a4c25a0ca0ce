import { AppError } from '../../src/base/app-error.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { OpPayload, OpView } from '../../src/domain/writeback/intent.ts';
import { fingerprintOf, opKey } from '../../src/domain/writeback/op-key.ts';
import { createPlanner, type Planner } from '../../src/domain/writeback/plan.ts';
import type { Ledger, SaidRow } from '../../src/ports/ledger.ts';
import type { InboxStore, OpStore } from '../../src/ports/op-store.ts';
import type { ReconcileStore } from '../../src/ports/reconcile-store.ts';
import { addIntent, addTask, openPromise, view, type Row, type Tables } from './fake-ledger-tables.ts';
import { fakeDesk } from './fake-ledger-desk.ts';
import { fakeStore } from './fake-op-store.ts';
import { fakeReconcileStore } from './fake-reconcile-store.ts';

/** The ledger in memory: what is in `rows` survives what the engine does to itself. */
export interface FakeLedger {
  readonly ledger: Ledger;
  readonly store: OpStore;
  readonly inbox: InboxStore;
  readonly reconcile: ReconcileStore;
}

function phoneOf(tables: Tables, payload: OpPayload): string | null {
  if (payload.kind === 'notice') return payload.to;
  if ('phone' in payload) return payload.phone;
  const target = tables.rows.get(payload.target);
  return target === undefined ? null : phoneOf(tables, target.payload);
}

export function createFakeLedger(clock: Clock, planner: Planner = createPlanner()): FakeLedger {
  let last = 0;
  const nextId = (): string => `id-${String((last += 1)).padStart(8, '0')}`;
  const tables: Tables = {
    clock,
    planner,
    rows: new Map(),
    promises: new Map(),
    openedAt: new Map(),
    tasks: [],
    said: [],
    messages: new Map(),
    breakers: new Map(),
    attempts: [],
    findings: new Map(),
    resolutions: new Map(),
    runs: [],
    nextId,
  };
  return { ledger: fakeLedger(tables), store: fakeStore(tables), inbox: fakeInbox(tables), reconcile: fakeReconcileStore(tables) };
}

function isUntold({ said, promises, tasks, resolutions }: Tables, { id, payload: { kind }, role, progress: { state } }: Row): boolean {
  const isOwed = role === 'pivot' && (kind === 'message' ? ['rejected', 'conflict', 'compensated'].includes(state) : true);
  const mayStand = ['accepted', 'sending', 'unknown', 'committed', 'verified'].includes(state);
  const tells = ({ claim, opState }: SaidRow): boolean => (claim === 'committed' ? mayStand : claim === 'failed' && opState === state);
  const wasTold = said.some((row) => row.op === id && tells(row));
  return isOwed && !wasTold && !promises.has(id) && !resolutions.has(id) && !tasks.some(({ op }) => op === id);
}

function fakeLedger(tables: Tables): Ledger {
  const { rows, promises, tasks, messages, clock } = tables;
  const newestFirst = (): readonly OpView[] => [...rows.values()].toReversed().map(view);
  return {
    accept: (intent) => {
      const [key, fingerprint] = [opKey(intent), fingerprintOf(intent.payload)];
      const existing = [...rows.values()].find((row) => row.key === key);
      if (existing !== undefined && existing.fingerprint !== fingerprint)
        throw new AppError('key_reused', 'another content under the same key');
      return view(existing ?? addIntent(tables, intent));
    },
    get: (op) => {
      const row = rows.get(op);
      return row === undefined ? null : view(row);
    },
    list: ({ call, limit }) =>
      newestFirst()
        .filter((row) => call === undefined || row.call === call)
        .slice(0, limit),
    bearsOut: ({ op, fingerprint }) => rows.get(op)?.progress.state === 'verified' && rows.get(op)?.fingerprint === fingerprint,
    recordSaid: (row) => void tables.said.push(row),
    openPromise: (op, deadlineEpochMs) => {
      const { confirmation: _inside, ...promise } = { confirmation: null, ...openPromise(tables, op, deadlineEpochMs) };
      return promise;
    },
    promiseUntold: (calls, deadlineEpochMs) => {
      const isOver = ({ call }: Row): boolean => ('over' in calls ? call === calls.over : !calls.live.includes(call));
      const untold = [...rows.values()].filter((row) => isOver(row) && isUntold(tables, row)).map(({ id }) => id);
      for (const op of untold) openPromise(tables, op, deadlineEpochMs);
      return untold;
    },
    addTask: (task) => addTask(tables, task),
    tasks: ({ open }) => tasks.filter((task) => !open || task.doneAtEpochMs === null),
    finishTask: (id) => {
      const index = tasks.findIndex((task) => task.id === id);
      const task = tasks[index];
      if (task === undefined) throw new AppError('not_found', `there is no task ${id}`);
      const done = { ...task, doneAtEpochMs: task.doneAtEpochMs ?? clock.epochMs() };
      tasks[index] = done;
      return done;
    },
    promises: ({ open }) =>
      [...promises.values()].filter(({ state }) => !open || state === 'open').map(({ confirmation: _inside, ...rest }) => rest),
    messages: () =>
      [...messages.values()].toReversed().map(({ id, op, payload, atEpochMs }) => {
        const { name, phone, text, urgent } = payload;
        const call = rows.get(op)?.call;
        if (call === undefined) throw new Error('a message belongs to an operation');
        return { id, op, call, receivedAtEpochMs: atEpochMs, name, phone, text, urgent };
      }),
    bookingsOf: (phone) => {
      const verified = [...rows.values()].filter(({ progress }) => progress.state === 'verified');
      const superseded = verified.flatMap(({ payload }) => ('target' in payload ? [payload.target] : []));
      return verified
        .filter(({ id, payload }) => (payload.kind === 'booking' || payload.kind === 'reschedule') && !superseded.includes(id))
        .filter(({ payload }) => phoneOf(tables, payload) === phone)
        .toReversed()
        .map(view);
    },
    ...fakeDesk(tables),
    close: () => undefined,
  };
}

function fakeInbox({ rows, messages, nextId }: Tables): InboxStore {
  return {
    put: (key, payload, nowEpochMs) => {
      const existing = messages.get(key);
      if (existing !== undefined) return fingerprintOf(existing.payload) === fingerprintOf(payload) ? { id: existing.id } : null;
      const row = [...rows.values()].find((one) => one.key === key);
      if (row === undefined) throw new AppError('not_found', 'a message belongs to an operation');
      const id = nextId();
      messages.set(key, { id, op: row.id, payload, atEpochMs: nowEpochMs });
      return { id };
    },
    find: (key) => messages.get(key) ?? null,
    remove: (key) => void messages.delete(key),
  };
}
