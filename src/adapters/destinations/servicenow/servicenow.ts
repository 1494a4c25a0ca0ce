import type { Clock } from '../../../base/clock.ts';
import type { RecordKind } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Destination } from '../../../ports/destination.ts';
import { requireSecrets } from '../http/access.ts';
import { createHttpClient } from '../http/http-client.ts';
import { createKeyedRecords } from '../http/keyed-records.ts';
import type { MappingDocument } from '../http/mapping.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { createRecordStore } from './record-store.ts';
import { createTableApi, type ServiceNowAccess } from './table-api.ts';

export interface ServiceNowOptions {
  readonly access: ServiceNowAccess;
  readonly mapping: MappingDocument;
  /** The administrator has made the key fields of the target tables unique, so that the instance itself refuses a second record. */
  readonly keyIsUnique: boolean;
  /** True for an instance that simulations may write to. */
  readonly sandbox: boolean;
  readonly clock: Clock;
  /** Shared by all clients of the credential; unlimited when absent: an instance limits requests by rules of its administrator. */
  readonly bucket?: TokenBucket;
}

export interface ServiceNowDestination extends Destination {
  close(): Promise<void>;
}

/** An instance ends import requests after this long (quota rule "REST Import Set API request timeout"), whether we still listen or not. */
const IMPORT_MS_MAX = 60_000;
/** With a unique key, a request that arrives late is refused: nothing has to be waited for. */
const UNIQUE_INFLIGHT_MS = 2000;
/** A record that nobody writes; asking for it proves that records are found by the key field. */
const NOBODY = remoteIdOf('v1.check');

/**
 * A ServiceNow instance: messages (incidents) and contacts, each through its own staging table of the Import Set API, whose transform map
 * coalesces on our key. Imports with the same key are transformed one after the other, unless an administrator has switched that off
 * (`glide.import_set_insert_serialized.TABLE`); no index stands behind it. Hence one import at a time per key on our side, a look for
 * duplicates after it, and `human_check` unless the key field is unique.
 *
 * Notes are left out: a work note is a line of a journal, has no key, and cannot be taken back. A mapping may send them to a table of records.
 */
export function createServiceNowDestination(options: ServiceNowOptions): ServiceNowDestination {
  const { access, mapping, keyIsUnique, sandbox, clock } = options;
  requireSecrets(mapping.destination, access, { auth: access.auth, signed: false });
  const bucket = options.bucket ?? createTokenBucket(UNLIMITED, clock);
  const http = createHttpClient({ bucket, clock, ca: access.ca });
  const store = createRecordStore(createTableApi(access, http, clock));
  return {
    id: mapping.destination,
    capabilities: {
      kinds: Object.keys(mapping.records) as RecordKind[],
      idempotence: 'upsert',
      exactlyOnce: keyIsUnique ? 'guaranteed' : 'human_check',
      visibilityDelayMs: 0,
      maxInflightMs: keyIsUnique ? UNIQUE_INFLIGHT_MS : IMPORT_MS_MAX,
      limits: null,
      sandbox,
    },
    ...createKeyedRecords({ mapping, store, clock, kept: [] }),
    check: async (call) => {
      await Promise.all(Object.values(mapping.records).map((record) => store.read(record, NOBODY, call)));
    },
    allowance: () => bucket.free(),
    close: () => http.close(),
  };
}
