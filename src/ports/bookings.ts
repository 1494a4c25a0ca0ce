import type { OpId } from '../base/ids.ts';
import type { EnteredAppointment } from '../domain/dialog/dialog.ts';
import type { FreeSlot, SlotQuery } from '../domain/hours/free-slot.ts';
import type { OpView } from '../domain/writeback/intent.ts';

/** What systems know of a telephone number. */
export interface KnownCaller {
  /** Full names under which those that hold contacts know it. */
  readonly names: readonly string[];
  /** Appointments to come that people entered under it, in order of time. */
  readonly entered: readonly EnteredAppointment[];
}

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
  /** What systems know of a number (E.164), read just now; what does not answer in time is left out. */
  whoCalls(phone: string, options: { readonly signal: AbortSignal; readonly limitMs: number }): Promise<KnownCaller>;
  /** Wakes the worker for an accepted operation (queue and socket) and waits, at most `budgetMs`, for a final state of the row. */
  settle(op: OpId, options: { readonly signal: AbortSignal; readonly budgetMs: number }): Promise<OpView>;
  close(): Promise<void>;
}
