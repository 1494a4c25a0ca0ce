import type { OpId } from '../../base/ids.ts';
import type { BookingPayload, Intent } from '../../domain/writeback/intent.ts';
import type { Told } from './answer-caller.ts';
import type { PlannedCaller, PlannedStory } from './story.ts';
import type { Entry } from './target.ts';

/** One request of a caller, and what came of it as far as the caller could tell. */
export interface PlayedOp {
  readonly intent: Intent;
  readonly caller: PlannedCaller;
  /** Null when the ledger did not take it. */
  readonly op: OpId | null;
  /** Null when the daemon died and nobody spoke to the caller afterwards. */
  readonly told: Told | null;
  /** With a commitment: whether the destination bore it out at the moment it was said. */
  readonly wasTrue: boolean | null;
  readonly isPromised: boolean;
}

/** What a human did to the appointment of a story. */
export type HumanDeed = 'edited' | 'deleted' | 'entered_first' | 'entered_meanwhile' | 'none';

export interface PlayedStory {
  readonly plan: PlannedStory;
  readonly ops: readonly PlayedOp[];
  readonly human: HumanDeed;
}

/** True when an entry is the booking, in all that a caller was told. */
export function isEntryOf(entry: Entry, booking: BookingPayload): boolean {
  return (
    entry.phone === booking.phone &&
    entry.name === booking.name &&
    entry.service === booking.service &&
    entry.minutes === booking.minutes &&
    entry.startEpochMs === Date.parse(booking.start)
  );
}
