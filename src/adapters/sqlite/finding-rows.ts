import { asCallId } from '../../base/ids.ts';
import type { FindingType, ReconcileScope } from '../../domain/writeback/reconcile.ts';
import type { FindingView, ReconciliationView } from '../../ports/reconcile-store.ts';
import type { Db } from './database.ts';

/** A row of `finding` with the call of its operation. */
export interface FindingRow {
  readonly op: string;
  readonly call: string | null;
  readonly type: FindingType;
  readonly destination: string;
  readonly found_at: number;
  readonly seen_at: number;
  readonly ended_at: number | null;
  readonly alerted_at: number | null;
}

/** The start of every query over findings. */
export const SELECT_FINDINGS = 'SELECT finding.*, op.call FROM finding LEFT JOIN op ON op.id = finding.op';

export function findingView(row: FindingRow): FindingView {
  return {
    op: row.op,
    call: row.call === null ? null : asCallId(row.call),
    type: row.type,
    destination: row.destination,
    foundAtEpochMs: row.found_at,
    seenAtEpochMs: row.seen_at,
    endedAtEpochMs: row.ended_at,
    alertedAtEpochMs: row.alerted_at,
  };
}

/** The newest reconciliation of a scope. */
export function lastReconciliation(db: Db, scope: ReconcileScope): ReconciliationView | null {
  const row = db
    .prepare<[string], ReconciliationView>(
      `SELECT scope, started_at AS startedAtEpochMs, ended_at AS endedAtEpochMs, checked, findings, unreachable
       FROM reconciliation WHERE scope = ? ORDER BY id DESC LIMIT 1`,
    )
    .get(scope);
  return row ?? null;
}
