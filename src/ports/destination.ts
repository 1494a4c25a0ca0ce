import type { FreeSlot, SlotQuery } from '../domain/hours/free-slot.ts';
import type { ReadBack, WriteResult } from '../domain/writeback/answer.ts';
import type { BookingPayload, IntentPayload } from '../domain/writeback/intent.ts';

type Options = { readonly signal: AbortSignal };

export interface DestinationCapabilities {
  readonly idempotence: 'conditional_create' | 'upsert' | 'local_transaction';
  readonly visibilityDelayMs: number;
  readonly maxInflightMs: number;
  readonly sandbox: boolean;
}

/** A system that holds records: calendar, CRM, practice system, local inbox. One contract suite runs on all of them. */
export interface Destination {
  readonly id: string;
  readonly capabilities: DestinationCapabilities;
  /** `key` is stored in the destination and makes a repeat harmless. Observes `signal`. */
  create(key: string, payload: IntentPayload, options: Options): Promise<WriteResult>;
  /** Moves the record of `replacesKey`: claims the new place under `key`, then releases the old one unless a human edited it. */
  update(key: string, payload: BookingPayload, replacesKey: string, options: Options): Promise<WriteResult>;
  /** Takes the record of `key` away; `committed` also when it is not there. What a human edited stays (`conflict`, `changed`). */
  cancel(key: string, options: Options): Promise<WriteResult>;
  /** Looks for the record of `key`; `expected` tells a destination where to look first. */
  readBack(key: string, expected: IntentPayload, options: Options): Promise<ReadBack>;
  availability(query: SlotQuery, options: Options): Promise<readonly FreeSlot[]>;
  /** Throws `destination_unauthorized`, `destination_misbehaved` or `destination_unreachable`. */
  check(options: Options): Promise<void>;
}
