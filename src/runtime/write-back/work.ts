import { isRecordPayload, type BookingPayload, type OpState, type RecordPayload } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { ClaimedOp, OpStore } from '../../ports/op-store.ts';

/** What an operation means for its destination. */
export type Work =
  | { readonly type: 'create'; readonly payload: RecordPayload }
  | { readonly type: 'update'; readonly moved: BookingPayload; readonly before: BookingPayload; readonly replacesKey: string }
  | { readonly type: 'cancel'; readonly before: RecordPayload; readonly targetKey: string }
  /** The operation it builds on is not decided yet, or an earlier change of the same record; or that record is being taken back. */
  | { readonly type: 'wait' }
  /** The operation it builds on never became an appointment, or the appointment lies elsewhere by now. */
  | { readonly type: 'impossible' };

/** By these a record may stand elsewhere: looking for it where it was would find nothing, and take it for gone. */
const MAY_HAVE_MOVED: ReadonlySet<OpState> = new Set<OpState>(['verified', 'needs_human']);

type ChangedRecord = Pick<ClaimedOp, 'op' | 'key' | 'destination' | 'payload'>;

/**
 * Resolves what is to be moved, cancelled or taken back to the record that the earlier operation made. Changes of one record come one after
 * the other.
 */
export function workOf(claimed: ChangedRecord, store: Pick<OpStore, 'record' | 'isBeingTakenBack'>): Work {
  const { op, payload } = claimed;
  // The same person is one contact: one that goes in this moment would be taken for there.
  if (payload.kind === 'contact' && store.isBeingTakenBack(claimed)) return { type: 'wait' };
  if (isRecordPayload(payload)) return { type: 'create', payload };
  const target = store.record(payload.target);
  if (target === null) return { type: 'impossible' };
  if (!isFinal(target.state) && target.state !== 'compensating') return { type: 'wait' };
  const earlier = target.changes.filter((change) => change.op < op);
  if (earlier.some(({ state }) => !isFinal(state))) return { type: 'wait' };
  const isMoved = target.changes.some((change) => change.kind === 'reschedule' && change.op !== op && MAY_HAVE_MOVED.has(change.state));
  if (payload.kind === 'cancel' && isMoved) return { type: 'impossible' };
  const { held: before, key } = target;
  if (before === null) return { type: 'impossible' };
  if (payload.kind === 'cancel') return { type: 'cancel', before, targetKey: key };
  if (before.kind !== 'booking') return { type: 'impossible' };
  return { type: 'update', moved: { ...before, start: payload.start }, before, replacesKey: key };
}
