import type { CallId, OpId } from '../base/ids.ts';
import type { OpPayload, OpState } from '../domain/writeback/intent.ts';
import type { FindingType, ReconcileFacts, ReconcileScope, Verdict } from '../domain/writeback/reconcile.ts';

/** An operation whose record is compared. `key`: of the record in its destination. */
export interface ReconcileCandidate {
  readonly op: OpId;
  readonly key: string;
  readonly destination: string;
  readonly payload: OpPayload;
  readonly traceparent: string | null;
}

/** Which operations one reconciliation looks at, page by page. Times in epoch milliseconds. */
export interface CandidateQuery {
  readonly scope: ReconcileScope;
  /** Verified or said since then. */
  readonly sinceEpochMs: number;
  /** Appointments from then on; `full` only. */
  readonly aheadEpochMs: number;
  /** Continues after this operation. */
  readonly after: OpId | null;
  readonly limit: number;
}

/** Something that does not agree. `op`: the operation, or the key of a record that no operation stands behind. */
export interface FindingView {
  readonly op: string;
  readonly call: CallId | null;
  readonly type: FindingType;
  readonly destination: string;
  readonly foundAtEpochMs: number;
  readonly seenAtEpochMs: number;
  readonly endedAtEpochMs: number | null;
  readonly alertedAtEpochMs: number | null;
}

/** One reconciliation that came to its end. `findings`: open after it. `unreachable`: records whose destination did not answer. */
export interface ReconciliationView {
  readonly scope: ReconcileScope;
  readonly startedAtEpochMs: number;
  readonly endedAtEpochMs: number;
  readonly checked: number;
  readonly findings: number;
  readonly unreachable: number;
}

/** What a verdict is about. */
export interface Concluded {
  readonly op: string;
  readonly destination: string;
  readonly verdict: Verdict;
  /** Whether copies of the record were looked for; without that a `duplicate` does not end. */
  readonly listed: boolean;
}

/** The reconciler's part of the ledger. Throws `ledger_unavailable`, `disk_full`. */
export interface ReconcileStore {
  /** `next`: continue after it; null when there is no more. */
  candidates(query: CandidateQuery): { readonly candidates: readonly ReconcileCandidate[]; readonly next: OpId | null };
  /** What the ledger holds of an operation now; null when a person has decided about it, or there is none. */
  facts(op: OpId): ReconcileFacts | null;
  /** States of the operations with a record's key; null when a person has decided about that record. */
  statesOf(key: string): readonly OpState[] | null;
  /** Opens, keeps or ends findings as the verdict says; `unreachable` changes nothing. True when a finding is new. */
  conclude(concluded: Concluded, nowEpochMs: number): boolean;
  /** Records without an operation that were found and not ended. */
  orphans(): readonly FindingView[];
  /** Alarming findings that nobody was told of yet, oldest first. */
  unalerted(limit: number): readonly FindingView[];
  markAlerted(finding: Pick<FindingView, 'op' | 'type'>, nowEpochMs: number): void;
  /** Ends differences that a full reconciliation did not come across any more: their appointments are over. */
  endUnseen(sinceEpochMs: number, nowEpochMs: number): void;
  openFindings(): number;
  addReconciliation(run: ReconciliationView): void;
  lastReconciliation(scope: ReconcileScope): ReconciliationView | null;
}
