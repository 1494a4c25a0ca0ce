import type { FreeSlot, SlotQuery } from '../domain/hours/free-slot.ts';
import type { ReadBack, WriteResult } from '../domain/writeback/answer.ts';
import type { BookingPayload, RecordKind, RecordPayload } from '../domain/writeback/intent.ts';

export interface DestinationOptions {
  readonly signal: AbortSignal;
  /** W3C trace context of the caller's turn; sent along where the destination speaks HTTP. */
  readonly traceparent?: string;
}

/** Records of the same intent that stand in the same destination already, by their ids there. */
export interface RecordLinks {
  readonly contact?: string;
  readonly booking?: string;
}

export type WriteOptions = DestinationOptions & { readonly links?: RecordLinks };

/** How a repeat under the same key is kept from making a second record; `docs/WRITEBACK.md` explains each. */
export type Idempotence = 'conditional_create' | 'upsert' | 'native_key' | 'search_then_create' | 'local_transaction' | 'none';

export interface DestinationCapabilities {
  /** What it can hold. */
  readonly kinds: readonly RecordKind[];
  readonly idempotence: Idempotence;
  /** `human_check`: exactly once cannot be had there; an unknown outcome becomes a task for a person instead of a repeat. */
  readonly exactlyOnce: 'guaranteed' | 'human_check';
  /** Time after which a record that was written can be found. */
  readonly visibilityDelayMs: number;
  /** Time for which a request may still take effect after its connection is gone. */
  readonly maxInflightMs: number;
  /** What the system's documents allow one credential; null when they name no limit. */
  readonly limits: { readonly requestsPerSecond: number; readonly burst: number } | null;
  /** Whether `availability` knows what is free; absent where it says nothing. */
  readonly tellsFreeSlots?: boolean;
  readonly sandbox: boolean;
}

/** A record that a destination already holds about a caller. An appointment that people entered may say nothing but its time and number. */
export interface FoundRecord {
  readonly remoteId: string;
  /** True for an appointment that people entered; false also where a system does not tell. */
  readonly isEntered: boolean;
  readonly payload: RecordPayload;
}

/** The record that a move replaces: its key, and what was agreed on, so that an edit of a person can be told. */
export interface Replaced {
  readonly key: string;
  readonly payload: BookingPayload;
}

/** A span of time in epoch milliseconds. */
export interface TimeSpan {
  readonly startEpochMs: number;
  readonly endEpochMs: number;
}

/** A record that carries a key of ours. */
export interface OwnRecord {
  readonly key: string;
  readonly remoteId: string;
  readonly payload: RecordPayload;
}

/** A system that holds records: calendar, CRM, practice system, local inbox. One contract suite runs on all of them. */
export interface Destination {
  readonly id: string;
  readonly capabilities: DestinationCapabilities;
  /** What is known about a telephone number (E.164): contacts and appointments to come. Throws as `check` does. */
  find(phone: string, options: DestinationOptions): Promise<readonly FoundRecord[]>;
  /** `key` is stored in the destination and makes a repeat harmless. Observes `signal`. */
  create(key: string, payload: RecordPayload, options: WriteOptions): Promise<WriteResult>;
  /** Moves the record `replaced`: claims the new place under `key`, then releases the old one unless a human edited it. */
  update(key: string, payload: BookingPayload, replaced: Replaced, options: WriteOptions): Promise<WriteResult>;
  /** Takes the record of `key` away; `committed` also when it is not there. What a human edited stays (`conflict`, `changed`). */
  cancel(key: string, expected: RecordPayload, options: WriteOptions): Promise<WriteResult>;
  /** Looks for the record of `key`; `expected` tells a destination where to look first and what to compare with. */
  readBack(key: string, expected: RecordPayload, options: DestinationOptions): Promise<ReadBack>;
  /** Every record with a key of ours in that time, two of one key included; absent where they cannot be listed. Throws as `check` does. */
  ours?(span: TimeSpan, options: DestinationOptions): Promise<readonly OwnRecord[]>;
  /** Free slots, earliest first; none where the capabilities do not say that it can tell them. Throws as `check` does. */
  availability(query: SlotQuery, options: DestinationOptions): Promise<readonly FreeSlot[]>;
  /** Part of the requests that may go out at once and is left, 0 to 1; 0 too while the system wants to be left alone. Absent where none go out. */
  allowance?(): number;
  /** Throws `destination_unauthorized`, `destination_misbehaved` or `destination_unreachable`. */
  check(options: DestinationOptions): Promise<void>;
}
