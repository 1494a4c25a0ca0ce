import { AppError, toAppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { failedWrite, notWritten, refusedWrite } from '../http/classify.ts';
import type { HttpResult } from '../http/http-client.ts';
import type { KeyedRecord, KeyedStore } from '../http/keyed-records.ts';
import type { FieldValue, RecordMapping } from '../http/mapping.ts';
import { isTouched, sortDuplicates } from './duplicates.ts';
import { readTransformed } from './import-answer.ts';
import type { TableApi, TableRow } from './table-api.ts';

/** Records under one key that are looked at; more than two are none of our doing. */
const ROWS_MAX = 10;
/** Records that one question about a telephone number reads. */
const FOUND_MAX = 25;

const recordOf = (row: TableRow): KeyedRecord => ({ remoteId: row.sys_id, fields: row, touched: isTouched(row) });

/** Columns that an administrator adds to a staging table begin with `u_`; ours are the names of the target fields with that before them. */
export const stagingColumn = (field: string): string => (field.startsWith('u_') ? field : `u_${field}`);

/** Text in an encoded query. Throws `destination_misbehaved` for text that would end its condition. */
function queried(value: string): string {
  if (value === '' || /[\^\n\r]/.test(value)) throw new AppError('destination_misbehaved', 'a value cannot be asked for in ServiceNow');
  return value;
}

/** Records of one instance by the value of a field, written through staging tables whose transform maps coalesce on that field. */
export function createRecordStore(api: TableApi): KeyedStore {
  return {
    read: (mapping, key, options) => read(api, { mapping, key }, options),
    write: async (mapping, record, options) => {
      let result: HttpResult;
      try {
        result = await api.importRow(mapping.writeTo ?? mapping.target, columnsOf(record.fields), options);
      } catch (error) {
        return notWritten(error);
      }
      if (result.type === 'failed') return failedWrite(result);
      const { answer } = result;
      if ((answer.status !== 200 && answer.status !== 201) || answer.isHtml) return refusedWrite(answer);
      try {
        return await settled(api, { mapping, key: record.key, body: answer.body }, options);
      } catch (error) {
        return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
      }
    },
    remove: (mapping, remoteId, options) => remove(api, mapping.target, remoteId, options),
    search: async (mapping, { phoneField, phone }, options) => {
      const query = `${phoneField}=${queried(phone)}`;
      const rows = await api.rows({ table: mapping.target, query, fields: Object.keys(mapping.fields), limit: FOUND_MAX }, options);
      return rows.map(recordOf);
    },
  };
}

/** The Import Set API takes text only. */
const columnsOf = (fields: Readonly<Record<string, FieldValue>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).map(([field, value]) => [stagingColumn(field), String(value)]));

interface Keyed {
  readonly mapping: RecordMapping;
  readonly key: string;
}

/**
 * What stands under a key; superfluous records of ours are taken away first. An instance ignores a condition on a field that it does not
 * know, and then gives every record there is: only those that carry the key are believed.
 */
async function read(api: TableApi, { mapping, key }: Keyed, options: DestinationOptions): Promise<KeyedRecord | 'several' | null> {
  const query = `${mapping.keyField}=${queried(key)}^ORDERBYsys_created_on`;
  const rows = await api.rows({ table: mapping.target, query, fields: Object.keys(mapping.fields), limit: ROWS_MAX }, options);
  if (rows.some((row) => row[mapping.keyField] !== key))
    throw new AppError('destination_misbehaved', `${mapping.target} does not find records by ${mapping.keyField}`);
  const [first, ...others] = rows;
  if (first === undefined) return null;
  const duplicates = sortDuplicates(mapping, [first, ...others]);
  if (duplicates === 'several') return 'several';
  for (const { sys_id } of duplicates.superfluous)
    if ((await remove(api, mapping.target, sys_id, options)).type !== 'committed')
      throw new AppError('destination_unreachable', 'a superfluous record could not be taken away');
  return recordOf(duplicates.kept);
}

/** The answer to an import, and what really stands under the key now: two imports may have been transformed at once. */
async function settled(
  api: TableApi,
  { mapping, key, body }: Keyed & { readonly body: string },
  options: DestinationOptions,
): Promise<WriteResult | 'held'> {
  const transformed = readTransformed(body, mapping.target);
  if (transformed === 'strange') return { type: 'unknown', code: 'destination_misbehaved' };
  if (transformed === 'held') return 'held';
  const held = await read(api, { mapping, key }, options);
  if (transformed === 'error') return held === null ? { type: 'rejected', code: 'destination_rejected' } : 'held';
  // Inserted, and yet not under the key: the transform map does not write it. A repeat would insert again and again.
  if (held === null || held === 'several') return { type: 'conflict', reason: 'exists_differently' };
  return { type: 'committed', remoteId: held.remoteId, etag: null };
}

/** The Table API knows no condition for DELETE. */
async function remove(api: TableApi, table: string, sysId: string, options: DestinationOptions): Promise<WriteResult> {
  const result = await api.remove(table, sysId, options);
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  if ((answer.status === 204 || answer.status === 404) && !answer.isHtml) return { type: 'committed', remoteId: sysId, etag: null };
  return refusedWrite(answer);
}
