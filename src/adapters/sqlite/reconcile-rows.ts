import { asOpId } from '../../base/ids.ts';
import type { OpState } from '../../domain/writeback/intent.ts';
import type { FindingType, ReconcileFacts } from '../../domain/writeback/reconcile.ts';
import type { CandidateQuery, Concluded, ReconcileCandidate, ReconcileStore } from '../../ports/reconcile-store.ts';
import { inTransaction, reading } from './database.ts';
import { findingView, lastReconciliation, SELECT_FINDINGS, type FindingRow } from './finding-rows.ts';
import type { LedgerDb } from './ledger-db.ts';
import { payloadOf, readBackOf, type OpRow } from './ledger-rows.ts';

/** Appointments are made for a year ahead at most; older ones lie in the past. */
const AHEAD_MS_MAX = 400 * 86_400_000;
/** Runs that are kept; those of three days. */
const RUNS_MAX = 2500;
/** Rows that one listing returns at most. */
const ROWS_MAX = 1000;

/** The reconciler's view of an open ledger file; closing it is left to who opened the file. */
export function createReconcileStore(ledger: LedgerDb): ReconcileStore {
  return { ...candidatesOf(ledger), ...factsOf(ledger), ...findingsOf(ledger), ...runsOf(ledger) };
}

/** What was verified or said since a moment, and what is found to be wrong and is not just another wording. */
const NEAR = `
  SELECT id FROM op WHERE state = 'verified' AND verified_at >= @sinceEpochMs
  UNION SELECT op FROM said WHERE audio_started_at >= @sinceEpochMs
  UNION SELECT op FROM finding WHERE ended_at IS NULL AND type <> 'field_diff'`;
/** Appointments that may lie ahead: when they are is sealed. */
const AHEAD = `SELECT id FROM op WHERE state = 'verified' AND kind IN ('booking', 'reschedule') AND verified_at >= @aheadSinceEpochMs`;

// What was sent to a person cannot be gone; what takes a step back is seen at the step.
const select = (ids: string): string =>
  `SELECT op.*, op.id IN (${NEAR}) AS near FROM op
   WHERE op.id IN (${ids}) AND op.id > @after AND op.turn = 'released' AND op.kind <> 'notice'
     AND op.role IN ('before', 'pivot', 'after') AND NOT EXISTS (SELECT 1 FROM resolution WHERE resolution.op = op.id)
   ORDER BY op.id LIMIT @limit`;

interface Bound {
  readonly sinceEpochMs: number;
  readonly aheadSinceEpochMs: number;
  readonly after: string;
  readonly limit: number;
}

function candidatesOf(ledger: LedgerDb): Pick<ReconcileStore, 'candidates'> {
  const { db, vault } = ledger;
  const recent = db.prepare<[Bound], OpRow & { near: number }>(select(NEAR));
  const full = db.prepare<[Bound], OpRow & { near: number }>(select(`${NEAR} UNION ${AHEAD}`));
  const liesAhead = (row: OpRow, aheadEpochMs: number): boolean => {
    const held = readBackOf(row, vault) ?? payloadOf(row, vault);
    return held !== null && 'start' in held && Date.parse(held.start) >= aheadEpochMs;
  };
  return {
    candidates: (query: CandidateQuery) =>
      reading('listing records to compare', () => {
        const { scope, sinceEpochMs, aheadEpochMs, after, limit } = query;
        const bound = { sinceEpochMs, aheadSinceEpochMs: aheadEpochMs - AHEAD_MS_MAX, after: after ?? '', limit };
        const rows = (scope === 'full' ? full : recent).all(bound);
        const candidates = rows
          .filter((row) => row.near === 1 || liesAhead(row, aheadEpochMs))
          .flatMap((row): readonly ReconcileCandidate[] => {
            const payload = payloadOf(row, vault);
            const { record_key: key, destination, traceparent } = row;
            return payload === null ? [] : [{ op: asOpId(row.id), key, destination, payload, traceparent }];
          });
        const last = rows.at(-1);
        return { candidates, next: last === undefined || rows.length < limit ? null : asOpId(last.id) };
      }),
  };
}

function factsOf({ db }: LedgerDb): Pick<ReconcileStore, 'facts' | 'statesOf'> {
  const byId = db.prepare<[string, string], Pick<OpRow, 'state' | 'role'>>(
    'SELECT state, role FROM op WHERE id = ? AND NOT EXISTS (SELECT 1 FROM resolution WHERE op = ?)',
  );
  const later = db.prepare<[string], { state: OpState }>('SELECT state FROM op WHERE target = ?');
  const heard = db.prepare<[string], { claim: ReconcileFacts['heard'][number] }>('SELECT DISTINCT claim FROM said WHERE op = ?');
  // A task that opening the operation again has finished told nobody anything.
  const told = db.prepare<{ op: string }, { told: number }>(
    `SELECT EXISTS (SELECT 1 FROM task WHERE task.op = @op
         AND done_at > coalesce((SELECT max(ended_at) FROM attempt WHERE attempt.op = @op AND phase = 'retry'), 0))
       OR EXISTS (SELECT 1 FROM promise JOIN op ON op.id = promise.confirmation WHERE promise.op = @op AND op.state = 'verified') AS told`,
  );
  const byKey = db.prepare<[string], { state: OpState }>('SELECT state FROM op WHERE record_key = ?');
  const decided = db.prepare<[string]>('SELECT 1 FROM resolution WHERE op = ?');
  return {
    facts: (op) =>
      reading('reading what was agreed', () => {
        const row = byId.get(op, op);
        if (row === undefined) return null;
        return {
          state: row.state,
          role: row.role,
          later: later.all(op).map(({ state }) => state),
          heard: heard.all(op).map(({ claim }) => claim),
          toldSince: told.get({ op })?.told === 1,
        };
      }),
    statesOf: (key) =>
      reading('looking for a key', () => (decided.get(key) === undefined ? byKey.all(key).map(({ state }) => state) : null)),
  };
}

type FindingPart = Pick<ReconcileStore, 'conclude' | 'orphans' | 'unalerted' | 'markAlerted' | 'endUnseen' | 'openFindings'>;

function findingsOf({ db }: LedgerDb): FindingPart {
  const openOf = db.prepare<[string], { type: FindingType }>('SELECT type FROM finding WHERE op = ? AND ended_at IS NULL');
  const end = db.prepare('UPDATE finding SET ended_at = ? WHERE op = ? AND type = ? AND ended_at IS NULL');
  // One that had ended begins anew, and is told of again.
  const put = db.prepare(
    `INSERT INTO finding (op, type, destination, found_at, seen_at) VALUES (@op, @type, @destination, @nowEpochMs, @nowEpochMs)
     ON CONFLICT (op, type) DO UPDATE SET seen_at = excluded.seen_at, ended_at = NULL,
       found_at = CASE WHEN ended_at IS NULL THEN found_at ELSE excluded.found_at END,
       alerted_at = CASE WHEN ended_at IS NULL THEN alerted_at ELSE NULL END`,
  );
  const orphans = db.prepare<[], FindingRow>(
    `${SELECT_FINDINGS} WHERE type = 'orphan_remote' AND ended_at IS NULL ORDER BY found_at LIMIT ${ROWS_MAX}`,
  );
  const unalerted = db.prepare<[number], FindingRow>(
    `${SELECT_FINDINGS} WHERE ended_at IS NULL AND alerted_at IS NULL AND type IN ('said_not_recorded', 'duplicate', 'orphan_remote')
     ORDER BY found_at, finding.op LIMIT ?`,
  );
  const alerted = db.prepare('UPDATE finding SET alerted_at = ? WHERE op = ? AND type = ?');
  const unseen = db.prepare(`UPDATE finding SET ended_at = ? WHERE type = 'field_diff' AND ended_at IS NULL AND seen_at < ?`);
  const open = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM finding WHERE ended_at IS NULL');
  const decided = db.prepare<[string]>('SELECT 1 FROM resolution WHERE op = ?');
  const conclude = ({ op, destination, verdict, listed }: Concluded, nowEpochMs: number): boolean => {
    // A person may have decided while the destination was being asked.
    if (decided.get(op) !== undefined) return false;
    const known = openOf.all(op).map(({ type }) => type);
    for (const type of known) if (type !== verdict && (type !== 'duplicate' || listed)) end.run(nowEpochMs, op, type);
    if (verdict === 'ok' || verdict === 'unreachable') return false;
    put.run({ op, type: verdict, destination, nowEpochMs });
    return !known.includes(verdict);
  };
  return {
    conclude: (concluded, nowEpochMs) => {
      if (concluded.verdict === 'unreachable') return false;
      // As a rule everything agrees, and then nothing is written.
      if (concluded.verdict === 'ok' && reading('looking for findings', () => openOf.all(concluded.op)).length === 0) return false;
      return inTransaction(db, 'storing a finding', () => conclude(concluded, nowEpochMs));
    },
    orphans: () => reading('listing findings', () => orphans.all().map(findingView)),
    unalerted: (limit) => reading('listing findings', () => unalerted.all(limit).map(findingView)),
    markAlerted: ({ op, type }, nowEpochMs) => {
      inTransaction(db, 'storing an alert', () => alerted.run(nowEpochMs, op, type));
    },
    endUnseen: (sinceEpochMs, nowEpochMs) => {
      inTransaction(db, 'ending findings', () => unseen.run(nowEpochMs, sinceEpochMs));
    },
    openFindings: () => reading('counting findings', () => open.get()?.n ?? 0),
  };
}

function runsOf({ db }: LedgerDb): Pick<ReconcileStore, 'addReconciliation' | 'lastReconciliation'> {
  const add = db.prepare(
    `INSERT INTO reconciliation (scope, started_at, ended_at, checked, findings, unreachable)
     VALUES (@scope, @startedAtEpochMs, @endedAtEpochMs, @checked, @findings, @unreachable)`,
  );
  const prune = db.prepare('DELETE FROM reconciliation WHERE id <= (SELECT max(id) FROM reconciliation) - ?');
  return {
    addReconciliation: (run) => {
      inTransaction(db, 'storing a reconciliation', () => {
        add.run(run);
        prune.run(RUNS_MAX);
      });
    },
    lastReconciliation: (scope) => reading('reading reconciliations', () => lastReconciliation(db, scope)),
  };
}
