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
