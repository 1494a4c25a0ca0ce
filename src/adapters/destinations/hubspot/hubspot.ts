import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { RecordKind } from '../../../domain/writeback/intent.ts';
import type { Destination, DestinationOptions } from '../../../ports/destination.ts';
import type { Logger } from '../../../ports/logger.ts';
import { createHttpClient } from '../http/http-client.ts';
import { createKeyedRecords } from '../http/keyed-records.ts';
import type { MappingDocument, RecordMapping } from '../http/mapping.ts';
import { createTokenBucket, type TokenBucket } from '../http/token-bucket.ts';
import { createHubspotClient, HUBSPOT_RATE, type HubspotAccess, type HubspotClient } from './hubspot-client.ts';
import { propertyList } from './object-answers.ts';
import { createObjectStore } from './object-store.ts';

export interface HubspotOptions {
  readonly access: HubspotAccess;
  readonly mapping: MappingDocument;
  /** True for an account that simulations may write to. */
  readonly sandbox: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all clients of the account; one of `HUBSPOT_RATE` when absent. */
  readonly bucket?: TokenBucket;
}

export interface HubspotDestination extends Destination {
  close(): Promise<void>;
}

/** A request may take effect this long after its connection is gone; a repeat under the key would find it. */
const MAX_INFLIGHT_MS = 10_000;

/**
 * A HubSpot account: contacts, appointments (meetings), messages (tickets) and notes. Every object of the mapping has a property with
 * unique values for our key. What is taken away is archived, and can be restored for 90 days.
 *
 * The time of a meeting is not protected: two callers get two meetings. The appointment itself belongs into a calendar.
 */
export function createHubspotDestination(options: HubspotOptions): HubspotDestination {
  const { access, mapping, sandbox, clock, log } = options;
  const bucket = options.bucket ?? createTokenBucket(HUBSPOT_RATE, clock);
  const http = createHttpClient({ bucket, clock, ca: access.ca });
  const client = createHubspotClient(access, http, bucket);
  const records = createKeyedRecords({ mapping, store: createObjectStore(client, log), clock, kept: [] });
  return {
    id: mapping.destination,
    capabilities: {
      kinds: Object.keys(mapping.records) as RecordKind[],
      idempotence: 'upsert',
      exactlyOnce: 'guaranteed',
      // By key, the only way in which a read-back asks. `find` asks the search index, which takes its time.
      visibilityDelayMs: 0,
      maxInflightMs: MAX_INFLIGHT_MS,
      limits: HUBSPOT_RATE,
      sandbox,
    },
    ...records,
    check: async (call) => {
      await Promise.all(Object.values(mapping.records).map((record) => checkObject(client, record, call)));
    },
    allowance: () => bucket.free(),
    close: () => http.close(),
  };
}

/** The account has the properties of the mapping, and lets no two objects have one key. */
async function checkObject(client: HubspotClient, { target, keyField, fields }: RecordMapping, call: DestinationOptions): Promise<void> {
  const answer = await client.ask({ method: 'GET', path: `/crm/v3/properties/${encodeURIComponent(target)}` }, [200], call);
  const there = new Map(propertyList.read(answer.body).results.map((property) => [property.name, property]));
  const missing = [keyField, ...Object.keys(fields)].find((name) => !there.has(name));
  if (missing !== undefined) throw new AppError('destination_misbehaved', `${target} has no property ${missing}`, { details: { target } });
  if (there.get(keyField)?.hasUniqueValue !== true)
    throw new AppError('destination_misbehaved', `${target}.${keyField} does not ask for unique values`);
}
