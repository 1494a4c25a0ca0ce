import type { OpId } from '../base/ids.ts';
import type { MessagePayload, OpPayload, OpState, OpView, PromiseView, RecordPayload, TaskView } from '../domain/writeback/intent.ts';
import type { PromiseEnd } from '../domain/writeback/promise-rule.ts';
import type { OpProgress } from '../domain/writeback/reduce-op.ts';
import type { RecordLinks } from './destination.ts';

/** A claimed operation: nobody else works on it until the lease runs out. Every change must carry the `epoch`. `key`: of its record. */
export interface ClaimedOp {
  readonly op: OpId;
  readonly key: string;
  readonly destination: string;
  readonly payload: OpPayload;
  /** Records of the same plan in the same destination. */
  readonly links: RecordLinks;
  readonly traceparent: string | null;
  readonly progress: OpProgress;
  readonly epoch: number;
  /** The lease before this one ran out without being given back: its holder died. */
  readonly takenOver: boolean;
}

/** What a change leaves behind beside the state. */
export interface OpTrace {
  readonly remoteId?: string;
  readonly etag?: string | null;
  /** What the destination holds; stored with `verified`. */
  readonly readBack?: OpPayload;
}

/** One line of the append-only history of an operation: nothing personal. */
export interface AttemptLine {
  readonly phase: 'write' | 'read_back' | 'withdraw';
  readonly startedAtEpochMs: number;
  readonly endedAtEpochMs: number;
  readonly outcome: string;
  readonly code: string | null;
}

/** A destination that was found not to answer. `failures` in a row; 0 means that it answers again. */
export interface BreakerState {
  readonly destination: string;
  readonly failures: number;
  readonly pausedUntilEpochMs: number;
}

/** Where the state of circuit breakers survives a restart. Throws `ledger_unavailable`, `disk_full`. */
export interface BreakerStore {
  breakers(): readonly BreakerState[];
  saveBreaker(state: BreakerState): void;
}

/** `held`: the confirmation may not be sent yet. */
export interface OpenPromise {
  readonly promise: PromiseView;
  readonly opState: OpState;
  readonly confirmation: OpState | 'held' | null;
}

/** The record that an operation stands for. */
export interface RecordView {
  readonly key: string;
  readonly state: OpState;
  /** As last read back; null when it never became one. */
  readonly held: RecordPayload | null;
  /** What moves it, cancels it or takes it back, in the order in which that was asked for. */
  readonly changes: readonly Pick<OpView, 'op' | 'kind' | 'state'>[];
}

/** The worker's part of the ledger: leases with an epoch as fence, progress, promises. Throws `ledger_unavailable`, `disk_full`. */
export interface OpStore extends BreakerStore {
  /** Open operations that are due and not leased, oldest first; those of the destinations in `except` are left out. */
  due(nowEpochMs: number, limit: number, except?: readonly string[]): readonly OpId[];
  /** Takes the lease; null when the operation is decided, not due yet, leased or unknown. */
  claim(op: OpId, lease: { readonly owner: string; readonly nowEpochMs: number; readonly untilEpochMs: number }): ClaimedOp | null;
  /** False when the lease was lost. */
  renew(op: OpId, epoch: number, untilEpochMs: number): boolean;
  /**
   * Stores progress, and what the plan does next when the operation is decided, in one transaction; false, and nothing stored, when the
   * lease was lost.
   */
  save(
    op: OpId,
    epoch: number,
    change: { readonly progress: OpProgress; readonly atEpochMs: number; readonly trace?: OpTrace; readonly attempt?: AttemptLine },
  ): boolean;
  /** Gives the lease back. */
  release(op: OpId, epoch: number): void;
  /**
   * Brings forward what lies too far in the future since the clock was set back: attempts that wait for more than `waitMsMax` or were begun
   * later than now, leases that last longer than `leaseMs`, promises that were opened later than now. Returns how many operations.
   */
  hasten(nowEpochMs: number, bounds: { readonly waitMsMax: number; readonly leaseMs: number }): number;
  get(op: OpId): OpView | null;
  /** Whom an operation goes to, also one whose content cannot be read; null when there is none. */
  destinationOf(op: OpId): string | null;
  record(op: OpId): RecordView | null;
  /** True while the record that a destination holds under a key is taken back, for an earlier plan that came to nothing. */
  isBeingTakenBack(record: Pick<ClaimedOp, 'key' | 'destination'>): boolean;
  /**
   * Open promises with the state of their operation, and of the confirmation where a channel sends one: first those about
   * which something can be done, then those that wait, each by their deadline.
   */
  openPromises(limit: number): readonly OpenPromise[];
  /** Lets the confirmation of a promise be sent. */
  sendConfirmation(op: OpId, nowEpochMs: number): void;
  /**
   * Ends a promise in one transaction: its task is added, a confirmation that was not sent never will be. False when it had ended
   * already, or when the confirmation is on its way: then that decides.
   */
  endPromise(op: OpId, end: PromiseEnd, nowEpochMs: number): boolean;
  /** Decided operations that need a person and have no task yet get one, refused steps after the pivot among them; returns how many. */
  addTasksForStuck(nowEpochMs: number): number;
  tasks(options: { readonly open: boolean }): readonly TaskView[];
  /** Operations per state, for health and metrics. */
  countByState(): Readonly<Partial<Record<OpView['state'], number>>>;
}

/** The local inbox as its destination sees it: messages under the key of their operation. Throws `ledger_unavailable`, `disk_full`. */
export interface InboxStore {
  /** Stores a message once; false when another content stands under the key. */
  put(key: string, payload: MessagePayload, nowEpochMs: number): { readonly id: string } | null;
  find(key: string): { readonly id: string; readonly payload: MessagePayload } | null;
  remove(key: string): void;
}
