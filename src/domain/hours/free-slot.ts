/** A bookable slot. `start` is ISO 8601 with the practice's offset. */
export interface FreeSlot {
  readonly start: string;
  readonly minutes: number;
}

/** Which slots are wanted; days are ISO dates in the practice's zone, both inclusive. */
export interface SlotQuery {
  readonly service: string;
  readonly fromDay: string;
  readonly toDay: string;
}

/**
 * Free slots this old, in milliseconds, are read again before they are offered; when no newer can be had, they are offered as what
 * they are: from before.
 */
export const SLOTS_AGE_MS_MAX = 5000;
