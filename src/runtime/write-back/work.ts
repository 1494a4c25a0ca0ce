import { isRecordPayload, type BookingPayload, type RecordPayload } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { ClaimedOp, OpStore } from '../../ports/op-store.ts';

/** What an operation means for its destination. */
export type Work =
  | { readonly type: 'create'; readonly payload: RecordPayload }
  | { readonly type: 'update'; readonly moved: BookingPayload; readonly before: BookingPayload; readonly replacesKey: string }
  | { readonly type: 'cancel'; readonly before: RecordPayload; readonly targetKey: string }
  /** The operation it builds on is not decided yet. */
  | { readonly type: 'wait' }
  /** The operation it builds on never became an appointment. */
  | { readonly type: 'impossible' };

/** Resolves what is to be moved, cancelled or taken back to the record that the earlier operation made. */
export function workOf(claimed: Pick<ClaimedOp, 'payload'>, store: Pick<OpStore, 'record'>): Work {
  const { payload } = claimed;
  if (isRecordPayload(payload)) return { type: 'create', payload };
  const target = store.record(payload.target);
  if (target === null) return { type: 'impossible' };
  if (!isFinal(target.state) && target.state !== 'compensating') return { type: 'wait' };
  const { held: before, key } = target;
  if (before === null) return { type: 'impossible' };
  if (payload.kind === 'cancel') return { type: 'cancel', before, targetKey: key };
  if (before.kind !== 'booking') return { type: 'impossible' };
  return { type: 'update', moved: { ...before, start: payload.start }, before, replacesKey: key };
}
