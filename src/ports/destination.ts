import type { FreeSlot, SlotQuery } from '../domain/hours/free-slot.ts';
import type { IntentPayload } from '../domain/writeback/intent.ts';

type Options = { readonly signal: AbortSignal };

/** What a write came to. `unknown`: bytes were sent and no definitive answer came; only a read-back resolves it. */
export type WriteResult =
  | { readonly type: 'committed'; readonly remoteId: string; readonly etag: string | null }
  | { readonly type: 'conflict'; readonly reason: 'slot_taken' | 'changed' | 'exists_differently' }
  | { readonly type: 'rejected'; readonly code: string }
  | { readonly type: 'retry'; readonly code: string; readonly afterMs: number | null }
  | { readonly type: 'unknown'; readonly code: string };

export type ReadBack = { readonly type: 'found'; readonly payload: IntentPayload; readonly remoteId: string; readonly etag: string | null } | { readonly type: 'absent' } | { readonly type: 'unavailable'; readonly code: string };

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
  update(key: string, payload: IntentPayload, options: Options): Promise<WriteResult>;
  cancel(key: string, options: Options): Promise<WriteResult>;
  readBack(key: string, options: Options): Promise<ReadBack>;
  availability(query: SlotQuery, options: Options): Promise<readonly FreeSlot[]>;
  /** Throws `destination_unauthorized`, `destination_misbehaved` or `destination_unreachable`. */
  check(options: Options): Promise<void>;
}
