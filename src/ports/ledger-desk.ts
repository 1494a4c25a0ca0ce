import type { OpId } from '../base/ids.ts';
import type { OpState, OpView, PromiseView } from '../domain/writeback/intent.ts';
import type { Plan } from '../domain/writeback/plan.ts';
import type { ReconcileScope } from '../domain/writeback/reconcile.ts';
import type { ResolveAs } from '../domain/writeback/reopen.ts';
import type { SaidRow } from './said.ts';
import type { FindingView, ReconciliationView } from './reconcile-store.ts';

/** One line of what was tried, or decided by a person (`retry`, with their account as the code). */
export interface AttemptView {
  readonly phase: string;
  readonly startedAtEpochMs: number;
  readonly endedAtEpochMs: number;
  readonly outcome: string;
  readonly code: string | null;
}

/** What a person has decided about an operation, or about a record without one. `note` is personal. */
export interface ResolutionView {
  readonly op: string;
  readonly as: ResolveAs;
  readonly note: string;
  readonly by: string;
  readonly atEpochMs: number;
  /** Of the operation after it; null for a record without one. */
  readonly state: OpState | null;
}

/** Everything that the ledger holds of an operation. */
export interface OpHistory {
  readonly op: OpView;
  /** Null when it is the whole plan. */
  readonly plan: { readonly steps: Plan; readonly state: 'running' | 'done' | 'failed' } | null;
  /** Every operation of the plan, and what takes them back. */
  readonly steps: readonly OpView[];
  readonly said: readonly SaidRow[];
  readonly promise: PromiseView | null;
  readonly attempts: readonly AttemptView[];
  readonly findings: readonly FindingView[];
  readonly resolution: ResolutionView | null;
}

/** The ledger as people work with it. Throws `not_found`, `operation_state_wrong`, `ledger_unavailable`, `disk_full`. */
export interface LedgerDesk {
  /**
   * Opens an operation again under the same key, with the steps that its plan needs for it; its task is finished, and a promise is open,
   * so that its caller hears what comes of it. A worker that still holds it has lost it. `by`: the account of whoever asks.
   */
  retry(op: OpId, by: string): OpView;
  /**
   * Keeps what a person has decided; ends the tasks, the promise and the findings about it. It never becomes `verified` by that. Throws
   * `subject_erased` for an operation that was erased.
   */
  resolve(op: string, decision: { readonly as: ResolveAs; readonly note: string; readonly by: string }): ResolutionView;
  /** Null when there is no such operation; throws `subject_erased` for one that was erased. */
  history(op: OpId): OpHistory | null;
  /** Operations accepted since then, oldest first, page by page; `next` is null on the last one. Erased ones are left out. */
  page(query: { readonly sinceEpochMs: number; readonly after: OpId | null; readonly limit: number }): {
    readonly rows: readonly OpView[];
    readonly next: OpId | null;
  };
  findings(options: { readonly open: boolean }): readonly FindingView[];
  lastReconciliation(scope: ReconcileScope): ReconciliationView | null;
}
