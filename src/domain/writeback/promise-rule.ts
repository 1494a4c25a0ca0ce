import type { OpState, PromiseView, TaskView } from './intent.ts';

/** How an open promise ends: its new state, and the one task that comes of it unless a confirmation was sent. */
export interface PromiseEnd {
  readonly state: Exclude<PromiseView['state'], 'open'>;
  readonly reason: TaskView['reason'] | null;
}

export type PromiseStep = { readonly type: 'wait' } | { readonly type: 'send' } | ({ readonly type: 'end' } & PromiseEnd);

export interface PromiseFacts {
  /** What was promised. */
  readonly op: OpState;
  /** The operation that sends the confirmation; null when a person confirms. */
  readonly confirmation: OpState | 'held' | null;
  readonly deadlineEpochMs: number;
}

const WAIT: PromiseStep = { type: 'wait' };
const toPerson = (reason: TaskView['reason']): PromiseStep => ({ type: 'end', state: 'handed_to_human', reason });

/** Decides on an open promise: it ends in exactly one confirmation or one task, at the latest at the deadline. */
export function promiseStep(facts: PromiseFacts, nowEpochMs: number): PromiseStep {
  const isLate = nowEpochMs >= facts.deadlineEpochMs;
  switch (facts.op) {
    case 'verified':
      return confirmationStep(facts.confirmation, isLate);
    case 'conflict':
      return toPerson('conflict_after_promise');
    case 'rejected':
    case 'dead':
    case 'needs_human':
    case 'compensated':
      return toPerson('needs_human');
    case 'accepted':
    case 'sending':
    case 'unknown':
    case 'committed':
    case 'compensating':
      return isLate ? toPerson('needs_human') : WAIT;
  }
}

/** The record stands. Without a channel a person confirms it: the promise is kept by that task. */
function confirmationStep(confirmation: PromiseFacts['confirmation'], isLate: boolean): PromiseStep {
  switch (confirmation) {
    case null:
      return { type: 'end', state: 'kept', reason: 'confirm_booking' };
    case 'held':
      return isLate ? toPerson('confirm_booking') : { type: 'send' };
    case 'verified':
      return { type: 'end', state: 'kept', reason: null };
    case 'rejected':
    case 'conflict':
    case 'dead':
    case 'needs_human':
    case 'compensated':
      return toPerson('confirm_booking');
    case 'accepted':
    case 'sending':
    case 'unknown':
    case 'committed':
    case 'compensating':
      return isLate ? toPerson('confirm_booking') : WAIT;
  }
}
