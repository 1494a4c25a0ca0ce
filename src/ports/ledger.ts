import type { CallId, OpId } from '../base/ids.ts';
import type { CommitmentProof } from '../domain/utterance/utterance.ts';
import type { InboxMessage, Intent, OpView, PromiseView, TaskView } from '../domain/writeback/intent.ts';
import type { LedgerDesk } from './ledger-desk.ts';
import type { SaidRow } from './said.ts';

export type { SaidRow } from './said.ts';

/** Calls that are over: one of them, or all but those that go on. */
export type CallsOver = { readonly over: CallId } | { readonly live: readonly CallId[] };

/** The daemon's part of the ledger: short transactions, fsynced. Throws `ledger_unavailable`, `disk_full`, `key_reused`, `payload_invalid`. */
export interface Ledger extends LedgerDesk {
  /** Durable when it returns. The same key with the same content returns the row that exists. */
  accept(intent: Intent): OpView;
  get(op: OpId): OpView | null;
  list(options: { readonly call?: CallId; readonly limit: number }): readonly OpView[];
  /** True when a sentence with this proof may be spoken now: state `verified` and the same fingerprint. */
  bearsOut(proof: CommitmentProof): boolean;
  recordSaid(row: SaidRow): void;
  /** Opens the promise that a `pending` sentence makes; idempotent per operation. */
  openPromise(op: OpId, deadlineEpochMs: number): PromiseView;
  /**
   * Opens a promise, which ends in one task, for each request of calls that are over whose fate the caller did not hear: no confirmation,
   * unless it ended otherwise, and no failure of the state that it is in. Neither promise nor task stands for it yet; a message that has
   * been delivered is before a person already. Idempotent; returns the operations for which a promise was opened.
   */
  promiseUntold(calls: CallsOver, deadlineEpochMs: number): readonly OpId[];
  addTask(task: Omit<TaskView, 'id' | 'createdAtEpochMs' | 'doneAtEpochMs'>): TaskView;
  tasks(options: { readonly open: boolean }): readonly TaskView[];
  /** Throws `not_found`. */
  finishTask(id: string): TaskView;
  promises(options: { readonly open: boolean }): readonly PromiseView[];
  messages(): readonly InboxMessage[];
  /** Verified bookings of a telephone number, newest first. */
  bookingsOf(phone: string): readonly OpView[];
  close(): void;
}
