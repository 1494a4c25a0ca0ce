import type { Clock } from '../../../base/clock.ts';
import type { Destination } from '../../../ports/destination.ts';
import type { InboxStore } from '../../../ports/op-store.ts';

/** The practice's local inbox: a message is delivered by one transaction of the ledger's file, and read back from it. */
export function createInboxDestination(store: InboxStore, clock: Clock): Destination {
  return {
    id: 'inbox',
    capabilities: {
      kinds: ['message'],
      idempotence: 'local_transaction',
      exactlyOnce: 'guaranteed',
      visibilityDelayMs: 0,
      maxInflightMs: 0,
      limits: null,
      sandbox: true,
    },
    find: () => Promise.resolve([]),
    create: (key, payload) => {
      if (payload.kind !== 'message') return Promise.resolve({ type: 'rejected', code: 'destination_rejected' });
      const stored = store.put(key, payload, clock.epochMs());
      return Promise.resolve(
        stored === null ? { type: 'conflict', reason: 'exists_differently' } : { type: 'committed', remoteId: stored.id, etag: null },
      );
    },
    update: () => Promise.resolve({ type: 'rejected', code: 'destination_rejected' }),
    cancel: (key) => {
      store.remove(key);
      return Promise.resolve({ type: 'committed', remoteId: key, etag: null });
    },
    readBack: (key) => {
      const found = store.find(key);
      if (found === null) return Promise.resolve({ type: 'absent' });
      return Promise.resolve({ type: 'found', payload: found.payload, remoteId: found.id, etag: null, contested: false });
    },
    availability: () => Promise.resolve([]),
    check: () => Promise.resolve(),
  };
}
