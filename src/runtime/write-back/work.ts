import type { BookingPayload, RecordPayload } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { ClaimedOp, OpStore } from '../../ports/op-store.ts';

/** What an operation means for its destination. */
export type Work =
  | { readonly type: 'create'; readonly payload: RecordPayload }
  | { readonly type: 'update'; readonly moved: BookingPayload; readonly before: BookingPayload; readonly replacesKey: string }
  | { readonly type: 'cancel'; readonly before: BookingPayload; readonly targetKey: string }
  /** The operation it builds on is not decided yet. */
  | { readonly type: 'wait' }
  /** The operation it builds on never became an appointment. */
  | { readonly type: 'impossible' };

/** Resolves what is to be moved or cancelled to the record that the earlier operation made. */
export function workOf(claimed: ClaimedOp, store: OpStore): Work {
  const { payload } = claimed;
  if (payload.kind !== 'reschedule' && payload.kind !== 'cancel') return { type: 'create', payload };
  const target = store.record(payload.target);
  if (target === null) return { type: 'impossible' };
  if (!isFinal(target.state)) return { type: 'wait' };
  if (target.booking === null) return { type: 'impossible' };
  if (payload.kind === 'cancel') return { type: 'cancel', before: target.booking, targetKey: target.key };
  return { type: 'update', moved: { ...target.booking, start: payload.start }, before: target.booking, replacesKey: target.key };
}
