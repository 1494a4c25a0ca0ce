import { isAppError } from '../../base/app-error.ts';
import type { CallId } from '../../base/ids.ts';
import type { CallEvent } from '../../domain/call/event.ts';
import type { IntentResult } from '../../domain/dialog/dialog.ts';
import type { CallEffect } from '../../domain/call/effect.ts';
import { isIntentPayload, type OpView } from '../../domain/writeback/intent.ts';
import { callerLine } from './record.ts';
import type { CallDeps } from './deps.ts';

/** What the caller may be told about a row of the ledger. Only `verified` with its read-back allows a commitment. */
export function resultOf(row: OpView): IntentResult {
  switch (row.state) {
    case 'verified':
      return row.readBack === null || !isIntentPayload(row.readBack)
        ? { state: 'pending', op: row.op, channel: 'human_task' }
        : { state: 'verified', op: row.op, fingerprint: row.fingerprint, readBack: row.readBack };
    case 'conflict':
      return { state: 'conflict', op: row.op };
    case 'rejected':
    case 'dead':
      return { state: 'rejected', op: row.op };
    default:
      return { state: 'pending', op: row.op, channel: 'human_task' };
  }
}

function claimOf({ state }: IntentResult): 'committed' | 'will_confirm' | 'failed' {
  if (state === 'verified') return 'committed';
  return state === 'pending' ? 'will_confirm' : 'failed';
}

/** The call that a request was made in, the number it comes from, and the trace context of its turn. */
export interface SubmittedIn {
  readonly call: CallId;
  readonly callerNumber: string | null;
  readonly traceparent: string | null;
}

/** What submitting needs of a call's surroundings. */
export type SubmitDeps = Pick<CallDeps, 'ledger' | 'bookings' | 'settings' | 'clock' | 'metrics' | 'feed' | 'log' | 'practice'>;

function accept(
  deps: SubmitDeps,
  { call, callerNumber: line, traceparent }: SubmittedIn,
  effect: CallEffect & { readonly type: 'submit_intent' },
): OpView | null {
  const traced = traceparent === null ? {} : { traceparent };
  try {
    const callerNumber = callerLine(deps, line);
    return deps.ledger.accept({ call, tenant: deps.settings.tenant, seq: effect.seq, payload: effect.payload, callerNumber, ...traced });
  } catch (error) {
    deps.log.error('intent not accepted', {
      code: isAppError(error) ? error.code : 'unknown',
      reason: error instanceof Error ? error.message : String(error),
    });
    return null;
  }
}

/**
 * Opens the promise of a request that is undecided. A ledger that is held up will have it later: the request is on disk, and where no
 * promise is when the call is over one is opened (`untold.ts`). False when it cannot be written.
 */
function isPromised(deps: SubmitDeps, op: OpView['op']): boolean {
  try {
    deps.ledger.openPromise(op, deps.clock.epochMs() + deps.settings.promiseDeadlineMs);
    return true;
  } catch (error) {
    deps.log.error('promise not opened', { op, reason: error instanceof Error ? error.message : String(error) });
    return isAppError(error) && error.code === 'ledger_unavailable';
  }
}

/**
 * Accepts what the caller agreed to (durable before anything is sent), waits for its fate within the answer budget, and opens the
 * promise when it is still undecided. Never throws: the caller always gets an answer.
 */
export async function submitIntent(
  deps: SubmitDeps,
  at: SubmittedIn,
  effect: CallEffect & { readonly type: 'submit_intent' },
  post: (event: CallEvent) => void,
): Promise<void> {
  const { call } = at;
  const { turn, seq } = effect;
  const startedAtMs = deps.clock.monotonicMs();
  const settle = (result: IntentResult): void => {
    deps.metrics.observeMs('writeback_answer_seconds', deps.clock.monotonicMs() - startedAtMs, { claim: claimOf(result) });
    post({ type: 'intent.settled', turn, seq, result });
  };
  const accepted = accept(deps, at, effect);
  if (accepted === null) return settle({ state: 'not_accepted' });
  post({ type: 'intent.accepted', seq, op: accepted.op });
  deps.feed.publish({ type: 'op.changed', call, op: accepted.op, kind: accepted.kind, state: accepted.state });
  let row = accepted;
  try {
    // Not the call's own signal: what was accepted goes on after a hang-up.
    row = await deps.bookings.settle(accepted.op, {
      signal: AbortSignal.timeout(deps.settings.answerBudgetMs * 3),
      budgetMs: deps.settings.answerBudgetMs,
    });
  } catch (error) {
    deps.log.warn('operation not settled in time', { op: accepted.op, reason: error instanceof Error ? error.message : String(error) });
  }
  let result = resultOf(row);
  if (result.state === 'pending' && !isPromised(deps, accepted.op)) result = { state: 'rejected', op: accepted.op };
  deps.feed.publish({ type: 'op.changed', call, op: row.op, kind: row.kind, state: row.state });
  settle(result);
}
