import type { OpId } from '../../base/ids.ts';
import type { OpState, OpView } from './intent.ts';
import { isFinal } from './reduce-op.ts';

/** A step as far as opening it again depends on it, in the order of the plan. */
export interface ReopenStep {
  readonly op: OpId;
  readonly role: OpView['role'];
  readonly state: OpState;
  readonly errorCode: string | null;
}

/** `ops` begin anew, the earliest step first; the others stay as they are. `why` completes "operation X ...". */
export type Reopening = { readonly type: 'reopen'; readonly ops: readonly OpId[] } | { readonly type: 'refused'; readonly why: string };

const RETRYABLE: ReadonlySet<OpState> = new Set<OpState>(['dead', 'needs_human', 'rejected']);

/** A step that was never carried out because its plan had ended. */
export const PLAN_ENDED = 'plan_ended';

const isLeading = ({ role }: ReopenStep): boolean => role === 'before' || role === 'pivot';
const wasDropped = ({ state, errorCode }: ReopenStep): boolean => state === 'compensated' && errorCode === PLAN_ENDED;

const refused = (why: string): Reopening => ({ type: 'refused', why });

/**
 * Decides what begins anew when a person opens an operation again: itself, the earlier steps that its plan needs and does not have, and
 * the later ones that were dropped with it. `steps`: its whole plan, or itself alone.
 */
export function reopening(op: OpId, steps: readonly ReopenStep[]): Reopening {
  const index = steps.findIndex((step) => step.op === op);
  const own = steps[index];
  if (own === undefined || own.role === 'undo' || own.role === 'confirmation') return refused('is part of another one, which decides');
  if (own.state === 'conflict') return refused('met what somebody else had taken or changed; a repeat cannot mend that');
  if (!RETRYABLE.has(own.state)) return refused(`is ${own.state}; only what is dead, rejected or needs a person can be tried again`);
  if (steps.some(({ state }) => state === 'compensating')) return refused('belongs to a plan that is being taken back at this moment');
  const needed = isLeading(own) ? steps.slice(0, index).filter((step) => isLeading(step) && step.state !== 'verified') : [];
  const hopeless = needed.find(({ state }) => !RETRYABLE.has(state) && state !== 'compensated');
  if (hopeless !== undefined) return refused(`needs ${hopeless.op}, which is ${hopeless.state}`);
  const dropped = isLeading(own) ? steps.slice(index + 1).filter(wasDropped) : [];
  const opened = [...needed, own, ...dropped];
  // Whatever is opened beside it would be dropped at once.
  const ended = steps.find((step) => isLeading(step) && !opened.includes(step) && isFinal(step.state) && step.state !== 'verified');
  if (ended !== undefined) return refused(`belongs to a plan that ended with ${ended.op}, which is ${ended.state}`);
  return { type: 'reopen', ops: opened.map((step) => step.op) };
}

/** What a person has decided: put right by hand, or given up. */
export type ResolveAs = 'done' | 'dropped';

/**
 * The state after a person has decided, and why not where they cannot. It never becomes `verified`: only a read-back makes it that. It
 * becomes `compensated` where it is certain that nothing of ours stands: nothing was ever sent, or the destination said that it is gone.
 */
export function resolvedState(
  state: OpState,
  as: ResolveAs,
  found: { readonly open: boolean; readonly gone: boolean },
): { readonly type: 'state'; readonly state: OpState } | { readonly type: 'refused'; readonly why: string } {
  switch (state) {
    case 'accepted':
    case 'sending':
    case 'unknown':
    case 'committed':
    case 'compensating':
      return { type: 'refused', why: `is ${state}: the worker has not finished with it` };
    case 'verified':
      if (!found.open) return { type: 'refused', why: 'stands as it was agreed; there is nothing to decide' };
      return { type: 'state', state: as === 'dropped' && found.gone ? 'compensated' : 'verified' };
    case 'dead':
      return { type: 'state', state: as === 'dropped' ? 'compensated' : 'dead' };
    case 'rejected':
    case 'conflict':
    case 'compensated':
    case 'needs_human':
      return { type: 'state', state };
  }
}
