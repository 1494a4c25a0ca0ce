import { AppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { failedWrite, notWritten, refusedWrite } from '../http/classify.ts';
import type { HttpAnswer, HttpResult } from '../http/http-client.ts';
import { createJsonContract } from '../http/json-contract.ts';
import type { KeyedRecord, KeyedStore, PhoneQuery } from '../http/keyed-records.ts';
import type { RecordMapping } from '../http/mapping.ts';
import { errorCodesOf, isOutOfRequests, REQUEST_LIMIT_WAIT_MS, type SalesforceClient } from './salesforce-client.ts';

/** Records that one question about a telephone number reads. */
const FOUND_MAX = 25;
/** Who wrote first and last: an edit by a person shows here whatever field it was. */
const WRITERS = ['Id', 'CreatedById', 'LastModifiedById'];

/**
 * The practice's duplicate rules decide (allowSave=false): a contact that a rule takes for one that is there already is not made a second
 * time, a person joins the two. The rules look at all records, not only at those that the integration user may see
 * (runAsCurrentUser=false), and details of the others stay where they are (includeRecordDetails=false).
 */
const DUPLICATE_RULES = 'allowSave=false; includeRecordDetails=false; runAsCurrentUser=false';

interface Row {
  readonly Id: string;
  readonly CreatedById?: string;
  readonly LastModifiedById?: string;
}

const id = { type: 'string', pattern: '^[a-zA-Z0-9]{15,18}$' } as const;
const rowSchema = {
  type: 'object',
  required: ['Id'],
  properties: { Id: id, CreatedById: { type: 'string' }, LastModifiedById: { type: 'string' } },
} as const;
const row = createJsonContract<Row & Readonly<Record<string, unknown>>>('a Salesforce record', rowSchema);
const rows = createJsonContract<{ readonly records: readonly (Row & Readonly<Record<string, unknown>>)[] }>('a Salesforce query answer', {
  type: 'object',
  required: ['records'],
  properties: { records: { type: 'array', items: rowSchema } },
});
const upserted = createJsonContract<{ readonly id: string }>('a Salesforce upsert answer', {
  type: 'object',
  required: ['id', 'success'],
  properties: { id, success: { const: true } },
});

const recordOf = (found: Row & Readonly<Record<string, unknown>>): KeyedRecord => ({
  remoteId: found.Id,
  fields: found,
  touched: found.CreatedById !== found.LastModifiedById,
});
const fieldsOf = (mapping: RecordMapping): string => [...new Set([...WRITERS, ...Object.keys(mapping.fields)])].join(',');
const pathOf = ({ target, keyField }: RecordMapping, key: string): string => `sobjects/${target}/${keyField}/${encodeURIComponent(key)}`;

/** A SOQL string literal. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (letter) => `\\${letter}`)}'`;

/** Records of one org by the value of an External ID field. */
export function createRecordStore(client: SalesforceClient): KeyedStore {
  const read: KeyedStore['read'] = async (mapping, key, options) => {
    const answer = await client.ask(`${pathOf(mapping, key)}?fields=${fieldsOf(mapping)}`, [200, 300, 404], options);
    if (answer.status === 404) return null;
    return answer.status === 300 ? 'several' : recordOf(row.read(answer.body));
  };
  return {
    read,
    write: async (mapping, { key, fields }, options) => {
      // The key stands in the address, and nowhere else.
      const { [mapping.keyField]: _key, ...body } = fields;
      const headers = { 'content-type': 'application/json', 'sforce-duplicate-rule-header': DUPLICATE_RULES };
      let result: HttpResult;
      try {
        result = await client.send({ method: 'PATCH', path: pathOf(mapping, key), headers, body: JSON.stringify(body) }, options);
      } catch (error) {
        return notWritten(error);
      }
      if (result.type === 'failed') return failedWrite(result);
      return written(result.answer, () => read(mapping, key, options));
    },
    remove: (mapping, remoteId, options) => remove(client, `sobjects/${mapping.target}/${remoteId}`, options),
    search: async (mapping, query, options) => {
      const soql = `SELECT ${fieldsOf(mapping)} FROM ${mapping.target} WHERE ${conditionOf(query)} LIMIT ${FOUND_MAX}`;
      const answer = await client.ask(`query?q=${encodeURIComponent(soql)}`, [200], options);
      return rows.read(answer.body).records.map(recordOf);
    },
  };
}

function conditionOf({ phoneField, phone, startField, fromEpochMs }: PhoneQuery): string {
  const from = startField === null ? '' : ` AND ${startField} >= ${new Date(fromEpochMs).toISOString()}`;
  return `${phoneField} = ${quoted(phone)}${from}`;
}

/** Refusals that end by themselves: nothing was written. */
function busy(answer: HttpAnswer): WriteResult | null {
  if (isOutOfRequests(answer)) return { type: 'retry', code: 'destination_unreachable', afterMs: REQUEST_LIMIT_WAIT_MS };
  if (errorCodesOf(answer).includes('UNABLE_TO_LOCK_ROW')) return { type: 'retry', code: 'destination_conflict', afterMs: null };
  return null;
}

async function written(answer: HttpAnswer, read: () => ReturnType<KeyedStore['read']>): Promise<WriteResult | 'held'> {
  const { status, isHtml, body } = answer;
  if (isHtml) return refusedWrite(answer);
  try {
    if (status === 200 || status === 201) return { type: 'committed', remoteId: upserted.read(body).id, etag: null };
    if (status === 204) {
      const record = await read();
      if (record === null || record === 'several')
        throw new AppError('destination_misbehaved', 'a record that was just written is not there');
      return { type: 'committed', remoteId: record.remoteId, etag: null };
    }
  } catch {
    return { type: 'unknown', code: 'destination_misbehaved' };
  }
  const codes = errorCodesOf(answer);
  if (status === 300 || codes.includes('DUPLICATES_DETECTED')) return { type: 'conflict', reason: 'exists_differently' };
  if (codes.includes('DUPLICATE_VALUE')) return 'held';
  return busy(answer) ?? refusedWrite(answer);
}

/** By the id that was compared, never by the key. Salesforce knows no condition for DELETE; what is deleted stays in the bin for 15 days. */
async function remove(client: SalesforceClient, path: string, options: DestinationOptions): Promise<WriteResult> {
  const result = await client.send({ method: 'DELETE', path }, options);
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  const codes = errorCodesOf(answer);
  const isGone = answer.status === 204 || (answer.status === 404 && (codes.includes('NOT_FOUND') || codes.includes('ENTITY_IS_DELETED')));
  if (isGone) return { type: 'committed', remoteId: path.slice(path.lastIndexOf('/') + 1), etag: null };
  return busy(answer) ?? refusedWrite(answer);
}
