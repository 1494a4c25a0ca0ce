import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { RecordKind } from '../../../domain/writeback/intent.ts';
import type { Destination, DestinationOptions } from '../../../ports/destination.ts';
import type { Logger } from '../../../ports/logger.ts';
import { createHttpClient } from '../http/http-client.ts';
import { createJsonContract } from '../http/json-contract.ts';
import { createKeyedRecords } from '../http/keyed-records.ts';
import type { MappingDocument, RecordMapping } from '../http/mapping.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { createSalesforceTokens, type SalesforceAccess } from './access-token.ts';
import { createRecordStore } from './record-store.ts';
import { createSalesforceClient, type SalesforceClient } from './salesforce-client.ts';

export interface SalesforceOptions {
  readonly access: SalesforceAccess;
  readonly mapping: MappingDocument;
  /** True for an org that simulations may write to. */
  readonly sandbox: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all clients of the credential; unlimited when absent: Salesforce counts by the day, not by the second. */
  readonly bucket?: TokenBucket;
}

export interface SalesforceDestination extends Destination {
  close(): Promise<void>;
}

/** A request may take effect this long after its connection is gone; a repeat under the key would find it. */
const MAX_INFLIGHT_MS = 10_000;
/** A contact takes its activities with it when it is deleted, those of people among them. */
const KEPT: readonly RecordKind[] = ['contact'];

/**
 * A Salesforce org: contacts, appointments (Event), messages (Case) and notes (Task: a ContentNote has no room for a key and hangs on its
 * contact by a second record). Every object of the mapping has a text field that is an External ID, and unique, for our key.
 *
 * The time of an Event is not protected: two callers get two Events. The appointment itself belongs into a calendar.
 */
export function createSalesforceDestination(options: SalesforceOptions): SalesforceDestination {
  const { access, mapping, sandbox, clock, log } = options;
  const bucket = options.bucket ?? createTokenBucket(UNLIMITED, clock);
  const http = createHttpClient({ bucket, clock, ca: access.ca });
  const tokens = createSalesforceTokens(access, http, clock);
  const client = createSalesforceClient({ url: access.url, http, tokens, bucket, log });
  const records = createKeyedRecords({ mapping, store: createRecordStore(client), clock, kept: KEPT });
  return {
    id: mapping.destination,
    capabilities: {
      kinds: Object.keys(mapping.records) as RecordKind[],
      idempotence: 'upsert',
      exactlyOnce: 'guaranteed',
      visibilityDelayMs: 0,
      maxInflightMs: MAX_INFLIGHT_MS,
      limits: null,
      sandbox,
    },
    ...records,
    check: async (call) => {
      await Promise.all(Object.values(mapping.records).map((record) => checkObject(client, record, { call, log })));
    },
    allowance: () => bucket.free(),
    close: () => http.close(),
  };
}

interface Field {
  readonly name: string;
  readonly externalId: boolean;
  readonly unique: boolean;
}

const description = createJsonContract<{ readonly fields: readonly Field[] }>('the description of a Salesforce object', {
  type: 'object',
  required: ['fields'],
  properties: {
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'externalId', 'unique'],
        properties: { name: { type: 'string' }, externalId: { type: 'boolean' }, unique: { type: 'boolean' } },
      },
    },
  },
});

/** The org has the fields of the mapping, and finds records by our key. */
async function checkObject(
  client: SalesforceClient,
  { target, keyField, fields }: RecordMapping,
  { call, log }: { readonly call: DestinationOptions; readonly log: Logger },
): Promise<void> {
  const answer = await client.ask(`sobjects/${target}/describe`, [200], call);
  const there = new Map(description.read(answer.body).fields.map((field) => [field.name, field]));
  const missing = [keyField, ...Object.keys(fields)].find((name) => !there.has(name));
  if (missing !== undefined)
    throw new AppError('destination_misbehaved', `${target} has no field ${missing}, or the user may not see it`, { details: { target } });
  const key = there.get(keyField);
  if (key?.externalId !== true) throw new AppError('destination_misbehaved', `${target}.${keyField} is not an External ID`);
  // Without it a race of two workers can leave two records, which is found out (300) and not prevented.
  if (!key.unique) log.warn('the key field of a Salesforce object is not unique', { target, field: keyField });
}
