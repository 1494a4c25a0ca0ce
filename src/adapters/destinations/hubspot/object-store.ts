import { AppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { Logger } from '../../../ports/logger.ts';
import { failedWrite, refusedWrite } from '../http/classify.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import type { KeyedRecord, KeyedStore, PhoneQuery } from '../http/keyed-records.ts';
import type { RecordMapping } from '../http/mapping.ts';
import { pauseMsOf, type HubspotClient } from './hubspot-client.ts';
import { batchAnswer, searchAnswer, type CrmObject } from './object-answers.ts';

/** Objects that one question about a telephone number reads. */
const FOUND_MAX = 25;
/** Attempts at one association. */
const TIES_MAX = 2;
const CONTACTS = 'contacts';

const recordOf = ({ id, properties }: CrmObject): KeyedRecord => ({ remoteId: id, fields: properties, touched: false });
const propertiesOf = ({ fields }: RecordMapping): readonly string[] => Object.keys(fields);
const pathOf = (type: string, rest: string): string => `/crm/v3/objects/${encodeURIComponent(type)}/${rest}`;

/** Objects of one account by the value of a property with unique values. */
export function createObjectStore(client: HubspotClient, log: Logger): KeyedStore {
  return {
    read: (mapping, key, options) => read(client, mapping, { key, options }),
    write: async (mapping, { key, fields }, options) => {
      const properties = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
      const input = { id: key, idProperty: mapping.keyField, objectWriteTraceId: key, properties };
      const path = pathOf(mapping.target, 'batch/upsert');
      const result = await client.send({ method: 'POST', path, body: { inputs: [input] } }, options);
      return result.type === 'failed' ? failedWrite(result) : written(result.answer);
    },
    tie: async ({ target }, remoteId, { contact }, options) => {
      if (contact === undefined || target === CONTACTS) return;
      const path = `/crm/v4/objects/${target}/${remoteId}/associations/default/${CONTACTS}/${encodeURIComponent(contact)}`;
      for (let attempt = 0; attempt < TIES_MAX; attempt += 1) {
        const result = await client.send({ method: 'PUT', path }, options);
        if (result.type === 'answered' && result.answer.status === 200 && !result.answer.isHtml) return;
      }
      // The record stands and names the caller; only the tie is missing.
      log.warn('a record in HubSpot is not tied to its contact', { target, remoteId });
    },
    remove: async (mapping, remoteId, options) => {
      const result = await client.send({ method: 'DELETE', path: pathOf(mapping.target, remoteId) }, options);
      if (result.type === 'failed') return failedWrite(result);
      const { answer } = result;
      if (answer.status === 204) return { type: 'committed', remoteId, etag: null };
      return refused(answer);
    },
    search: async (mapping, query, options) => {
      const body = { filterGroups: [{ filters: filtersOf(query) }], properties: propertiesOf(mapping), limit: FOUND_MAX };
      const answer = await client.ask({ method: 'POST', path: pathOf(mapping.target, 'search'), body }, [200], options);
      return searchAnswer.read(answer.body).results.map(recordOf);
    },
  };
}

/** By the unique property: the database itself, where a search asks an index that lags behind. Archived objects are not among the answers. */
async function read(
  client: HubspotClient,
  mapping: RecordMapping,
  { key, options }: { readonly key: string; readonly options: DestinationOptions },
): Promise<KeyedRecord | null> {
  const body = { idProperty: mapping.keyField, inputs: [{ id: key }], properties: propertiesOf(mapping), propertiesWithHistory: [] };
  const answer = await client.ask({ method: 'POST', path: pathOf(mapping.target, 'batch/read'), body }, [200, 207], options);
  const { results, errors = [] } = batchAnswer.read(answer.body);
  const [held] = results;
  if (held !== undefined) return held.archived === true ? null : recordOf(held);
  // Only a missing object counts as absent: an item may also fail for other reasons.
  const other = errors.find(({ category }) => category !== 'OBJECT_NOT_FOUND');
  if (other !== undefined) throw new AppError('destination_misbehaved', 'HubSpot could not read an object');
  return null;
}

function filtersOf({ phoneField, phone, startField, fromEpochMs }: PhoneQuery): readonly unknown[] {
  const byPhone = { propertyName: phoneField, operator: 'EQ', value: phone };
  return startField === null ? [byPhone] : [byPhone, { propertyName: startField, operator: 'GTE', value: String(fromEpochMs) }];
}

/** A refusal, with the pause that a 429 asks for. */
function refused(answer: HttpAnswer): WriteResult {
  const result = refusedWrite(answer);
  return result.type === 'retry' ? { ...result, afterMs: pauseMsOf(answer) ?? result.afterMs } : result;
}

function written(answer: HttpAnswer): WriteResult | 'held' {
  // A unique value that another object has fails the whole batch.
  if (answer.status === 409 && !answer.isHtml) return 'held';
  if (![200, 201, 207].includes(answer.status) || answer.isHtml) return refused(answer);
  try {
    const { results, errors = [] } = batchAnswer.read(answer.body);
    const [held] = results;
    // Someone threw the object away while it was written.
    if (held?.archived === true) return { type: 'conflict', reason: 'changed' };
    if (held !== undefined) return { type: 'committed', remoteId: held.id, etag: null };
    return failedItem(errors[0]?.category);
  } catch {
    return { type: 'unknown', code: 'destination_misbehaved' };
  }
}

function failedItem(category: string | undefined): WriteResult | 'held' {
  switch (category) {
    case 'CONFLICT':
      return 'held';
    case 'VALIDATION_ERROR':
    case 'OBJECT_NOT_FOUND':
      return { type: 'rejected', code: 'destination_rejected' };
    case 'RATE_LIMITS':
      return { type: 'retry', code: 'destination_unreachable', afterMs: null };
    default:
      return { type: 'unknown', code: 'destination_misbehaved' };
  }
}
