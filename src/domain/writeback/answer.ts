import type { RecordPayload } from './intent.ts';

/** What a write came to. `unknown`: bytes were sent and no definitive answer came; only a read-back resolves it. */
export type WriteResult =
  | { readonly type: 'committed'; readonly remoteId: string; readonly etag: string | null }
  | { readonly type: 'conflict'; readonly reason: 'slot_taken' | 'changed' | 'exists_differently' }
  | { readonly type: 'rejected'; readonly code: string }
  /** Nothing was written, and a later attempt may succeed. */
  | { readonly type: 'retry'; readonly code: string; readonly afterMs: number | null }
  | { readonly type: 'unknown'; readonly code: string };

/**
 * What a destination holds under a key. `contested`: an entry that is not ours lies in the same time, so that ours has to give way
 * unless a caller was already told of it. `differs`: something stands under the key, and it says something else than was expected.
 */
export type ReadBack =
  | {
      readonly type: 'found';
      readonly payload: RecordPayload;
      readonly remoteId: string;
      readonly etag: string | null;
      readonly contested: boolean;
    }
  | { readonly type: 'differs'; readonly remoteId: string }
  | { readonly type: 'absent' }
  | { readonly type: 'unavailable'; readonly code: string };
