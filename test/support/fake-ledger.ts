import { AppError } from '../../src/base/app-error.ts';
import type { Clock } from '../../src/base/clock.ts';
import { asOpId, type OpId } from '../../src/base/ids.ts';
import type {
  BookingPayload,
  Intent,
  OpPayload,
  MessagePayload,
  OpView,
  PromiseView,
  TaskView,
} from '../../src/domain/writeback/intent.ts';
import { destinationOf, fingerprintOf, opKey } from '../../src/domain/writeback/op-key.ts';
import { acceptedOp, isFinal, type OpProgress } from '../../src/domain/writeback/reduce-op.ts';
import { taskSummary } from '../../src/domain/writeback/task-summary.ts';
import type { Ledger, SaidRow } from '../../src/ports/ledger.ts';
import type { InboxStore, OpStore } from '../../src/ports/op-store.ts';

interface Row {
  readonly id: OpId;
  readonly intent: Intent;
  readonly key: string;
  readonly fingerprint: string;
  progress: OpProgress;
  readBack: OpPayload | null;
  leaseOwner: string | null;
  leaseUntil: number;
  leaseEpoch: number;
}

/** The ledger in memory: what is in `rows` survives what the engine does to itself. */
export interface FakeLedger {
  readonly ledger: Ledger;
  readonly store: OpStore;
  readonly inbox: InboxStore;
}

interface Tables {
  readonly clock: Clock;
  readonly rows: Map<OpId, Row>;
  readonly promises: Map<OpId, PromiseView>;
  readonly tasks: TaskView[];
  readonly said: SaidRow[];
  readonly messages: Map<string, { readonly id: string; readonly op: OpId; readonly payload: MessagePayload; readonly atEpochMs: number }>;
  nextId(): string;
}

const view = (row: Row): OpView => ({
  op: row.id,
  call: row.intent.call,
  kind: row.intent.payload.kind,
  destination: destinationOf(row.intent.payload.kind),
  key: row.key,
  fingerprint: row.fingerprint,
  state: row.progress.state,
  attempts: row.progress.attempts,
  acceptedAtEpochMs: row.progress.acceptedAtEpochMs,
  verifiedAtEpochMs: row.progress.verifiedAtEpochMs,
  payload: row.intent.payload,
  readBack: row.readBack,
  errorCode: row.progress.errorCode,
});

function phoneOf(tables: Tables, payload: OpPayload): string | null {
  if (payload.kind === 'notice') return payload.channel === 'sms' ? payload.to : null;
  if ('phone' in payload) return payload.phone;
  const target = tables.rows.get(payload.target);
  return target === undefined ? null : phoneOf(tables, target.intent.payload);
}

export function createFakeLedger(clock: Clock): FakeLedger {
  let last = 0;
  const nextId = (): string => `id-${String((last += 1)).padStart(8, '0')}`;
  const tables: Tables = { clock, rows: new Map(), promises: new Map(), tasks: [], said: [], messages: new Map(), nextId };
  return { ledger: fakeLedger(tables), store: fakeStore(tables), inbox: fakeInbox(tables) };
}

function addTask(tables: Tables, task: Omit<TaskView, 'id' | 'createdAtEpochMs' | 'doneAtEpochMs'>): TaskView {
  const made = { ...task, id: tables.nextId(), createdAtEpochMs: tables.clock.epochMs(), doneAtEpochMs: null };
  tables.tasks.push(made);
  return made;
}

function isUntold({ said, promises, tasks }: Tables, { id, intent, progress: { state } }: Row): boolean {
  const { kind } = intent.payload;
  const isOwed = kind === 'message' ? ['rejected', 'conflict', 'compensated'].includes(state) : true;
  const mayStand = ['accepted', 'sending', 'unknown', 'committed', 'verified'].includes(state);
  const tells = ({ claim, opState }: SaidRow): boolean => (claim === 'committed' ? mayStand : claim === 'failed' && opState === state);
  const wasTold = said.some((row) => row.op === id && tells(row));
  return isOwed && !wasTold && !promises.has(id) && !tasks.some(({ op }) => op === id);
}

function fakeLedger(tables: Tables): Ledger {
  const { rows, promises, tasks, messages, clock } = tables;
  const newestFirst = (): readonly OpView[] => [...rows.values()].reverse().map(view);
  return {
    accept: (intent) => {
      const [key, fingerprint] = [opKey(intent), fingerprintOf(intent.payload)];
      const existing = [...rows.values()].find((row) => row.key === key);
      if (existing !== undefined && existing.fingerprint !== fingerprint)
        throw new AppError('key_reused', 'another content under the same key');
      if (existing !== undefined) return view(existing);
      const id = asOpId(tables.nextId());
      const row: Row = {
        id,
        intent,
        key,
        fingerprint,
        progress: acceptedOp(clock.epochMs()),
        readBack: null,
        leaseOwner: null,
        leaseUntil: 0,
        leaseEpoch: 0,
      };
      rows.set(id, row);
      return view(row);
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
      const promise = promises.get(op) ?? { op, deadlineEpochMs, channel: 'human_task', state: 'open' };
      promises.set(op, promise);
      return promise;
    },
    promiseUntold: (calls, deadlineEpochMs) => {
      const isOver = ({ intent }: Row): boolean => ('over' in calls ? intent.call === calls.over : !calls.live.includes(intent.call));
      const untold = [...rows.values()].filter((row) => isOver(row) && isUntold(tables, row)).map(({ id }) => id);
      for (const op of untold) promises.set(op, { op, deadlineEpochMs, channel: 'human_task', state: 'open' });
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
    promises: ({ open }) => [...promises.values()].filter(({ state }) => !open || state === 'open'),
    messages: () =>
      [...messages.values()].reverse().map(({ id, op, payload, atEpochMs }) => {
        const { name, phone, text, urgent } = payload;
        const call = rows.get(op)?.intent.call;
        if (call === undefined) throw new Error('a message belongs to an operation');
        return { id, op, call, receivedAtEpochMs: atEpochMs, name, phone, text, urgent };
      }),
    bookingsOf: (phone) => {
      const verified = [...rows.values()].filter(({ progress }) => progress.state === 'verified');
      const superseded = verified.flatMap(({ intent }) => ('target' in intent.payload ? [intent.payload.target] : []));
      const own = verified.filter(
        ({ id, intent }) => intent.payload.kind !== 'cancel' && intent.payload.kind !== 'message' && !superseded.includes(id),
      );
      return own
        .filter(({ intent }) => phoneOf(tables, intent.payload) === phone)
        .reverse()
        .map(view);
    },
    close: () => undefined,
  };
}

const bookingIn = (payload: OpPayload | null): BookingPayload | null => (payload?.kind === 'booking' ? payload : null);

function fakeStore(tables: Tables): OpStore {
  const { rows, promises, tasks } = tables;
  const held = (op: OpId, epoch: number): Row | undefined => {
    const row = rows.get(op);
    return row?.leaseEpoch === epoch ? row : undefined;
  };
  const isDue = (row: Row, now: number): boolean =>
    !isFinal(row.progress.state) && row.progress.dueAtEpochMs <= now && row.leaseUntil <= now;
  const addTaskFor = (row: Row, reason: TaskView['reason']): void => {
    addTask(tables, {
      op: row.id,
      call: row.intent.call,
      reason,
      summary: taskSummary(reason, row.readBack ?? row.intent.payload, row.progress.errorCode),
    });
  };
  return {
    due: (now, limit) =>
      [...rows.values()]
        .filter((row) => isDue(row, now))
        .slice(0, limit)
        .map(({ id }) => id),
    claim: (op, { owner, nowEpochMs, untilEpochMs }) => {
      const row = rows.get(op);
      if (row === undefined || !isDue(row, nowEpochMs)) return null;
      const takenOver = row.leaseOwner !== null;
      row.leaseOwner = owner;
      row.leaseUntil = untilEpochMs;
      row.leaseEpoch += 1;
      const { payload } = row.intent;
      return {
        op,
        key: row.key,
        destination: destinationOf(payload.kind),
        payload,
        progress: row.progress,
        epoch: row.leaseEpoch,
        takenOver,
      };
    },
    renew: (op, epoch, until) => {
      const row = held(op, epoch);
      if (row === undefined || row.leaseOwner === null) return false;
      row.leaseUntil = until;
      return true;
    },
    save: (op, epoch, { progress, trace }) => {
      const row = held(op, epoch);
      if (row === undefined) return false;
      row.progress = progress;
      row.readBack = trace?.readBack ?? row.readBack;
      if (isFinal(progress.state)) Object.assign(row, { leaseOwner: null, leaseUntil: 0 });
      return true;
    },
    release: (op, epoch) => {
      const row = held(op, epoch);
      if (row !== undefined) Object.assign(row, { leaseOwner: null, leaseUntil: 0 });
    },
    get: (op) => {
      const row = rows.get(op);
      return row === undefined ? null : view(row);
    },
    record: (op) => {
      const row = rows.get(op);
      if (row === undefined) return null;
      const { state } = row.progress;
      return { key: row.key, state, booking: state === 'verified' ? bookingIn(row.readBack ?? row.intent.payload) : null };
    },
    openPromises: (limit) =>
      [...promises.values()]
        .filter(({ state }) => state === 'open')
        .slice(0, limit)
        .flatMap((promise) => {
          const row = rows.get(promise.op);
          return row === undefined ? [] : [{ promise, opState: row.progress.state }];
        }),
    endPromise: (op, { state, reason }) => {
      const [promise, row] = [promises.get(op), rows.get(op)];
      if (promise?.state !== 'open' || row === undefined) return false;
      promises.set(op, { ...promise, state });
      addTaskFor(row, reason);
      return true;
    },
    addTasksForStuck: () => {
      const stuck = [...rows.values()].filter(
        ({ id, progress }) =>
          ['dead', 'needs_human'].includes(progress.state) && !promises.has(id) && !tasks.some((task) => task.op === id),
      );
      for (const row of stuck) addTaskFor(row, 'needs_human');
      return stuck.length;
    },
    tasks: ({ open }) => tasks.filter((task) => !open || task.doneAtEpochMs === null),
    countByState: () => {
      const counts: Partial<Record<OpView['state'], number>> = {};
      for (const { progress } of rows.values()) counts[progress.state] = (counts[progress.state] ?? 0) + 1;
      return counts;
    },
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
