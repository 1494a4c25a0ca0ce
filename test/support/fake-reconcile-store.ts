import type { ReconcileFacts } from '../../src/domain/writeback/reconcile.ts';
import type { FindingView, ReconcileStore } from '../../src/ports/reconcile-store.ts';
import type { Row, Tables } from './fake-ledger-tables.ts';

const ALERTING: readonly string[] = ['said_not_recorded', 'duplicate', 'orphan_remote'];

/** The reconciler's view of the ledger in memory. */
export function fakeReconcileStore(tables: Tables): ReconcileStore {
  const { rows, findings, said, resolutions, runs } = tables;
  const open = (): readonly FindingView[] => [...findings.values()].filter(({ endedAtEpochMs }) => endedAtEpochMs === null);
  const put = (one: FindingView): void => void findings.set(`${one.op} ${one.type}`, one);
  const isNear = ({ id, progress }: Row, since: number): boolean =>
    (progress.state === 'verified' && (progress.verifiedAtEpochMs ?? 0) >= since) ||
    said.some((row) => row.op === id && row.audioStartedAtEpochMs >= since) ||
    open().some(({ op, type }) => op === id && type !== 'field_diff');
  const reopenedAt = (op: string): number =>
    Math.max(0, ...tables.attempts.filter((one) => one.op === op && one.phase === 'retry').map(({ endedAtEpochMs }) => endedAtEpochMs));
  return {
    candidates: ({ scope, sinceEpochMs, aheadEpochMs, after, limit }) => {
      const isAhead = ({ payload, readBack, progress }: Row): boolean => {
        const held = readBack ?? payload;
        return scope === 'full' && progress.state === 'verified' && 'start' in held && Date.parse(held.start) >= aheadEpochMs;
      };
      const page = [...rows.values()]
        .filter((row) => row.id > (after ?? '') && row.turn === 'released' && row.payload.kind !== 'notice' && row.role !== 'undo')
        .filter((row) => !resolutions.has(row.id) && (isNear(row, sinceEpochMs) || isAhead(row)))
        .slice(0, limit);
      return {
        candidates: page.map(({ id, recordKey, destination, payload }) => ({
          op: id,
          key: recordKey,
          destination,
          payload,
          traceparent: null,
        })),
        next: page.length < limit ? null : (page.at(-1)?.id ?? null),
      };
    },
    facts: (op): ReconcileFacts | null => {
      const row = rows.get(op);
      if (row === undefined || resolutions.has(op)) return null;
      const confirmation = tables.promises.get(op)?.confirmation ?? null;
      return {
        state: row.progress.state,
        role: row.role,
        later: [...rows.values()]
          .filter(({ payload }) => 'target' in payload && payload.target === op)
          .map(({ progress }) => progress.state),
        heard: said.filter((one) => one.op === op).map(({ claim }) => claim),
        toldSince:
          tables.tasks.some((task) => task.op === op && (task.doneAtEpochMs ?? 0) > reopenedAt(op)) ||
          (confirmation !== null && rows.get(confirmation)?.progress.state === 'verified'),
      };
    },
    statesOf: (key) =>
      resolutions.has(key) ? null : [...rows.values()].filter(({ recordKey }) => recordKey === key).map(({ progress }) => progress.state),
    conclude: ({ op, destination, verdict, listed }, nowEpochMs) => {
      if (verdict === 'unreachable' || resolutions.has(op)) return false;
      const known = open().filter((one) => one.op === op);
      for (const one of known)
        if (one.type !== verdict && (one.type !== 'duplicate' || listed)) put({ ...one, endedAtEpochMs: nowEpochMs });
      if (verdict === 'ok') return false;
      const standing = known.find(({ type }) => type === verdict);
      const call = [...rows.values()].find(({ id }) => id === op)?.call ?? null;
      const times = { foundAtEpochMs: nowEpochMs, seenAtEpochMs: nowEpochMs, endedAtEpochMs: null, alertedAtEpochMs: null };
      put(standing === undefined ? { op, call, type: verdict, destination, ...times } : { ...standing, seenAtEpochMs: nowEpochMs });
      return standing === undefined;
    },
    orphans: () => open().filter(({ type }) => type === 'orphan_remote'),
    unalerted: (limit) =>
      open()
        .filter(({ type, alertedAtEpochMs }) => ALERTING.includes(type) && alertedAtEpochMs === null)
        .slice(0, limit),
    markAlerted: ({ op, type }, nowEpochMs) => {
      const one = findings.get(`${op} ${type}`);
      if (one !== undefined) put({ ...one, alertedAtEpochMs: nowEpochMs });
    },
    endUnseen: (sinceEpochMs, nowEpochMs) => {
      for (const one of open())
        if (one.type === 'field_diff' && one.seenAtEpochMs < sinceEpochMs) put({ ...one, endedAtEpochMs: nowEpochMs });
    },
    openFindings: () => open().length,
    addReconciliation: (run) => void runs.push(run),
    lastReconciliation: (scope) => runs.findLast((run) => run.scope === scope) ?? null,
  };
}
