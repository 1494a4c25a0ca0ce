import type { OpId } from '../base/ids.ts';
import type { FreeSlot, SlotQuery } from '../domain/hours/free-slot.ts';
import type { OpView } from '../domain/writeback/intent.ts';

/**
 * The daemon's side of the worker, the only process that talks to destinations. Throws `destination_unreachable`, `timed_out` or
 * `peer_disconnected`; a caller is never made to wait for it beyond the bound given.
 */
export interface Bookings {
  /** Free slots with their age; `ageMs` 0 means read just now. */
  freeSlots(
    query: SlotQuery,
    options: { readonly signal: AbortSignal; readonly limitMs: number },
  ): Promise<{ readonly slots: readonly FreeSlot[]; readonly ageMs: number }>;
  /** Full names under which the systems that hold contacts know a number (E.164), read just now; what does not answer in time is left out. */
  callerNames(phone: string, options: { readonly signal: AbortSignal; readonly limitMs: number }): Promise<readonly string[]>;
  /** Wakes the worker for an accepted operation (queue and socket) and waits, at most `budgetMs`, for a final state of the row. */
  settle(op: OpId, options: { readonly signal: AbortSignal; readonly budgetMs: number }): Promise<OpView>;
  close(): Promise<void>;
}
