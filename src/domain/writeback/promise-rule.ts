import type { OpState, PromiseView, TaskView } from './intent.ts';

/** How an open promise ends: its new state and the one task that comes of it. */
export interface PromiseEnd {
  readonly state: Exclude<PromiseView['state'], 'open'>;
  readonly reason: TaskView['reason'];
}

/**
 * Decides on an open promise; null leaves it open. Kept: the record stands, and a person confirms it to the caller, since that is the
 * one channel there is. Otherwise a person takes over, at the latest at the deadline.
 */
export function promiseEnd(op: OpState, deadlineEpochMs: number, nowEpochMs: number): PromiseEnd | null {
  switch (op) {
    case 'verified':
      return { state: 'kept', reason: 'confirm_booking' };
    case 'conflict':
      return { state: 'handed_to_human', reason: 'conflict_after_promise' };
    case 'rejected':
    case 'dead':
    case 'needs_human':
    case 'compensated':
      return { state: 'handed_to_human', reason: 'needs_human' };
    case 'accepted':
    case 'sending':
    case 'unknown':
    case 'committed':
    case 'compensating':
      return nowEpochMs >= deadlineEpochMs ? { state: 'handed_to_human', reason: 'needs_human' } : null;
  }
}
