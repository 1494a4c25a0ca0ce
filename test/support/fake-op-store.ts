import type { OpId } from '../../src/base/ids.ts';
import { isRecordPayload, type OpView, type TaskView } from '../../src/domain/writeback/intent.ts';
import { isFinal } from '../../src/domain/writeback/reduce-op.ts';
import { taskSummary } from '../../src/domain/writeback/task-summary.ts';
import type { ClaimedOp, OpenPromise, OpStore } from '../../src/ports/op-store.ts';
import { addTask, advanceAfter, release, view, type Row, type Tables } from './fake-ledger-tables.ts';

const UNDER_WAY: readonly string[] = ['accepted', 'sending', 'unknown', 'committed'];

function linksOf({ rows }: Tables, row: Row): ClaimedOp['links'] {
  const siblings = [...rows.values()].filter(
    ({ id, saga, destination, progress }) =>
      saga !== null && saga === row.saga && id !== row.id && destination === row.destination && progress.state === 'verified',
  );
  return Object.fromEntries(
    siblings.flatMap(({ payload: { kind }, remoteId }) =>
      remoteId !== null && (kind === 'contact' || kind === 'booking') ? [[kind, remoteId]] : [],
    ),
  );
}

/** The worker's view of the ledger in memory. */
export function fakeStore(tables: Tables): OpStore {
  const { rows } = tables;
  const held = (op: OpId, epoch: number): Row | undefined => {
    const row = rows.get(op);
    return row?.leaseEpoch === epoch ? row : undefined;
  };
  const isDue = (row: Row, now: number): boolean =>
    row.turn === 'released' && UNDER_WAY.includes(row.progress.state) && row.progress.dueAtEpochMs <= now && row.leaseUntil <= now;
  return {
    due: (now, limit, except = []) =>
      [...rows.values()]
        .filter((row) => isDue(row, now) && !except.includes(row.destination))
        .slice(0, limit)
        .map(({ id }) => id),
    claim: (op, { owner, nowEpochMs, untilEpochMs }) => {
      const row = rows.get(op);
      if (row === undefined || !isDue(row, nowEpochMs)) return null;
      const takenOver = row.leaseOwner !== null;
      Object.assign(row, { leaseOwner: owner, leaseUntil: untilEpochMs, leaseEpoch: row.leaseEpoch + 1 });
      const { recordKey: key, destination, payload, progress, leaseEpoch: epoch } = row;
      return { op, key, destination, payload, links: linksOf(tables, row), traceparent: null, progress, epoch, takenOver };
    },
    renew: (op, epoch, until) => {
      const row = held(op, epoch);
      if (row === undefined || row.leaseOwner === null) return false;
      row.leaseUntil = until;
      return true;
    },
    save: (op, epoch, { progress, trace, attempt }) => {
      const row = held(op, epoch);
      if (row === undefined) return false;
      if (attempt !== undefined) tables.attempts.push({ op, ...attempt });
      row.progress = progress;
      row.readBack = trace?.readBack ?? row.readBack;
      row.remoteId = trace?.remoteId ?? row.remoteId;
      if (!isFinal(progress.state)) return true;
      Object.assign(row, { leaseOwner: null, leaseUntil: 0 });
      advanceAfter(tables, row);
      return true;
    },
    release: (op, epoch) => {
      const row = held(op, epoch);
      if (row !== undefined) Object.assign(row, { leaseOwner: null, leaseUntil: 0 });
    },
    hasten: (now, { waitMsMax, leaseMs }) => {
      const ahead = [...rows.values()].filter(
        ({ progress: { state, dueAtEpochMs, acceptedAtEpochMs, sentAtEpochMs }, leaseUntil }) =>
          UNDER_WAY.includes(state) &&
          (dueAtEpochMs > now + waitMsMax || acceptedAtEpochMs > now || (sentAtEpochMs ?? 0) > now || leaseUntil > now + leaseMs),
      );
      const notLater = (atEpochMs: number | null): number | null => (atEpochMs === null ? null : Math.min(atEpochMs, now));
      for (const row of ahead) {
        const { dueAtEpochMs, sentAtEpochMs, committedAtEpochMs } = row.progress;
        row.leaseUntil = Math.min(row.leaseUntil, now + leaseMs);
        row.progress = {
          ...row.progress,
          dueAtEpochMs: Math.min(dueAtEpochMs, now),
          sentAtEpochMs: notLater(sentAtEpochMs),
          committedAtEpochMs: notLater(committedAtEpochMs),
        };
      }
      for (const [op, openedAt] of tables.openedAt) {
        const promise = tables.promises.get(op);
        if (promise?.state !== 'open' || openedAt <= now) continue;
        tables.promises.set(op, { ...promise, deadlineEpochMs: promise.deadlineEpochMs - openedAt + now });
        tables.openedAt.set(op, now);
      }
      return ahead.length;
    },
    get: (op) => {
      const row = rows.get(op);
      return row === undefined ? null : view(row);
    },
    destinationOf: (op) => rows.get(op)?.destination ?? null,
    record: (op) => {
      const row = rows.get(op);
      if (row === undefined) return null;
      const { state } = row.progress;
      const stands = state === 'verified' || state === 'compensating';
      const content = stands ? (row.readBack ?? row.payload) : null;
      const changes = [...rows.values()].flatMap(({ id, payload, progress }) =>
        'target' in payload && payload.target === op ? [{ op: id, kind: payload.kind, state: progress.state }] : [],
      );
      return { key: row.recordKey, state, held: content !== null && isRecordPayload(content) ? content : null, changes };
    },
    isBeingTakenBack: ({ key, destination }) =>
      [...rows.values()].some((row) => row.recordKey === key && row.destination === destination && row.progress.state === 'compensating'),
    ...promisePart(tables),
    breakers: () => [...tables.breakers.values()],
    saveBreaker: (state) =>
      void (state.failures === 0 ? tables.breakers.delete(state.destination) : tables.breakers.set(state.destination, state)),
    countByState: () => {
      const counts: Partial<Record<OpView['state'], number>> = {};
      for (const { progress } of rows.values()) counts[progress.state] = (counts[progress.state] ?? 0) + 1;
      return counts;
    },
  };
}

type PromisePart = Pick<OpStore, 'openPromises' | 'sendConfirmation' | 'endPromise' | 'addTasksForStuck' | 'tasks'>;

function promisePart(tables: Tables): PromisePart {
  const { rows, promises, tasks, clock } = tables;
  const addTaskFor = (row: Row, reason: TaskView['reason']): void => {
    const summary = taskSummary(reason, row.readBack ?? row.payload, row.progress.errorCode);
    addTask(tables, { op: row.id, call: row.call, reason, summary }, Math.max(clock.epochMs(), row.progress.acceptedAtEpochMs));
  };
  const isTold = ({ id, progress }: Pick<Row, 'id' | 'progress'>): boolean =>
    tasks.some((task) => task.op === id && task.createdAtEpochMs >= progress.acceptedAtEpochMs);
  const isUndecided = (row: Row | undefined): boolean => [...UNDER_WAY, 'compensating'].includes(row?.progress.state ?? '');
  const waits = ({ op, confirmation }: { readonly op: OpId; readonly confirmation: OpId | null }): boolean => {
    const notice = confirmationOf(confirmation);
    return isUndecided(rows.get(op)) || (notice?.turn === 'released' && isUndecided(notice));
  };
  const confirmationOf = (id: OpId | null): Row | undefined => (id === null ? undefined : rows.get(id));
  return {
    openPromises: (limit) =>
      [...promises.values()]
        .filter(({ state }) => state === 'open')
        .sort((a, b) => Number(waits(a)) - Number(waits(b)) || a.deadlineEpochMs - b.deadlineEpochMs)
        .slice(0, limit)
        .flatMap(({ confirmation, ...promise }): readonly OpenPromise[] => {
          const [row, notice] = [rows.get(promise.op), confirmationOf(confirmation)];
          if (row === undefined) return [];
          const sent =
            notice === undefined ? null : notice.turn === 'held' && notice.progress.state === 'accepted' ? 'held' : notice.progress.state;
          return [{ promise, opState: row.progress.state, confirmation: sent }];
        }),
    sendConfirmation: (op) => {
      const notice = confirmationOf(promises.get(op)?.confirmation ?? null);
      if (notice !== undefined) release(tables, notice);
    },
    endPromise: (op, { state, reason }) => {
      const [promise, row] = [promises.get(op), rows.get(op)];
      if (promise?.state !== 'open' || row === undefined) return false;
      const notice = confirmationOf(promise.confirmation);
      if (notice !== undefined && UNDER_WAY.includes(notice.progress.state)) {
        const { state: sent, sentAtEpochMs } = notice.progress;
        const isFree =
          (sent === 'accepted' || sent === 'sending') &&
          sentAtEpochMs === null &&
          (notice.turn === 'held' || notice.leaseUntil <= clock.epochMs());
        if (!isFree) return false;
        notice.progress = { ...notice.progress, state: 'compensated', errorCode: 'promise_ended' };
        Object.assign(notice, { leaseOwner: null, leaseUntil: 0, leaseEpoch: notice.leaseEpoch + 1 });
      }
      promises.set(op, { ...promise, state });
      if (reason !== null && !isTold(row)) addTaskFor(row, reason);
      return true;
    },
    addTasksForStuck: () => {
      const stuck = [...rows.values()].filter(
        ({ id, progress, role }) =>
          (['dead', 'needs_human'].includes(progress.state) || (['rejected', 'conflict'].includes(progress.state) && role === 'after')) &&
          role !== 'confirmation' &&
          role !== 'undo' &&
          !promises.has(id) &&
          !tables.resolutions.has(id) &&
          !isTold({ id, progress }),
      );
      for (const row of stuck) addTaskFor(row, 'needs_human');
      return stuck.length;
    },
    tasks: ({ open }) => tasks.filter((task) => !open || task.doneAtEpochMs === null),
  };
}
