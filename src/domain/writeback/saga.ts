import type { OpState } from './intent.ts';
import type { StepRole } from './plan.ts';
import { isFinal } from './reduce-op.ts';

/** A step as far as the fate of its plan depends on it, in the order of the plan. */
export interface SagaStep {
  readonly op: string;
  readonly role: StepRole;
  readonly state: OpState;
  /** `held`: not to be carried out yet. */
  readonly turn: 'held' | 'released';
  /** Whether what it wrote may be taken back: nobody else relies on it. */
  readonly own: boolean;
}

/** `drop`: will never be carried out, and there is nothing to take back. `undo`: is taken back by an operation of its own. */
export type SagaAction = { readonly type: 'release' | 'drop' | 'undo'; readonly op: string };

export type SagaState = 'running' | 'done' | 'failed';

/** What ended without having been written, for certain. */
const REFUSED: ReadonlySet<OpState> = new Set<OpState>(['rejected', 'conflict', 'dead', 'compensated']);

const isHeld = ({ turn, state }: SagaStep): boolean => turn === 'held' && state === 'accepted';

/**
 * What a plan does next. Steps up to the pivot go one after the other. One that was refused ends the plan: what comes after it is
 * dropped, what came before it is taken back, last first. One that a person has to look at ends it too, but then nothing is taken back,
 * since the record may stand. After the pivot the steps go forward, each by itself: one that fails becomes a task and hinders no other.
 */
export function advanceSaga(steps: readonly SagaStep[]): { readonly state: SagaState; readonly actions: readonly SagaAction[] } {
  const leading = steps.filter(({ role }) => role !== 'after');
  const stopped = leading.find(({ state }) => isFinal(state) && state !== 'verified');
  if (stopped !== undefined) {
    const drops = steps.filter(isHeld).map(({ op }): SagaAction => ({ type: 'drop', op }));
    const undone = REFUSED.has(stopped.state) ? leading.filter(({ state, own }) => state === 'verified' && own) : [];
    return { state: 'failed', actions: [...drops, ...undone.toReversed().map(({ op }): SagaAction => ({ type: 'undo', op }))] };
  }
  const open = leading.find(({ state }) => state !== 'verified');
  if (open !== undefined) return { state: 'running', actions: isHeld(open) ? [{ type: 'release', op: open.op }] : [] };
  const released = steps.filter(isHeld).map(({ op }): SagaAction => ({ type: 'release', op }));
  const isOver = steps.every(({ state }) => isFinal(state));
  return { state: isOver ? 'done' : 'running', actions: released };
}
