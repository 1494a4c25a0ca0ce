import { AppError, toAppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { notWritten } from '../http/classify.ts';
import { utcWithoutZone } from '../http/instant.ts';
import type { KeyedRecord, KeyedStore } from '../http/keyed-records.ts';
import type { FieldValue, RecordMapping } from '../http/mapping.ts';
import { readLoaded, type OdooDomain, type OdooModels, type OdooRow } from './models.ts';
import { failedCall, MISSING, type OdooReply } from './wire.ts';

/** Records that one question about a telephone number reads. */
const FOUND_MAX = 25;
/** A `load` that is refused without naming a field may have met another transaction; the second refusal counts. */
const LOADS_MAX = 2;
/** When a record was made and last written to; they are equal until someone else writes. */
const WRITTEN = ['create_date', 'write_date'];
/** Column of a relation that takes ids of the database, several of them with commas. */
const ID_COLUMN = '/.id';

/** Name of the field that a column of `load` fills: `partner_id` of `partner_id/.id`. */
export const fieldOfColumn = (column: string): string => column.split('/')[0] ?? column;

/** Fields that a question about records of a mapping asks for; the column `id` is the external id, which no field holds. */
export const fieldsAsked = ({ fields, keyField }: RecordMapping): readonly string[] => [
  ...new Set([
    ...Object.keys(fields)
      .filter((column) => column !== keyField)
      .map(fieldOfColumn),
    ...WRITTEN,
  ]),
];

/** A relation as its column was given: the id of one record, or ids with commas. */
function columnValue(column: string, held: unknown): unknown {
  if (!column.endsWith(ID_COLUMN) || !Array.isArray(held)) return held;
  const ids = held.filter((item) => typeof item === 'number');
  return held.length === 2 && typeof held[1] === 'string' ? ids[0] : ids.join(',');
}

/** A record as Odoo reads it, by the columns that it was written with. */
export function recordOf({ fields, keyField }: RecordMapping, row: OdooRow, externalId: string | null): KeyedRecord {
  const columns = Object.keys(fields).map((column) => [column, columnValue(column, row[fieldOfColumn(column)])] as const);
  const own = externalId === null ? {} : { [keyField]: externalId };
  return {
    remoteId: String(row.id),
    fields: { ...Object.fromEntries(columns), ...own },
    touched: row['create_date'] !== row['write_date'],
  };
}

/** `load` takes text; a relation to nobody is no column, and of several relations the empty ones fall out. */
function columnsOf(fields: Readonly<Record<string, FieldValue>>): Readonly<Record<string, string>> {
  const columns = Object.entries(fields).map(([column, value]) => {
    const text = String(value);
    return [column, column.endsWith(ID_COLUMN) ? text.split(',').filter(Boolean).join(',') : text] as const;
  });
  return Object.fromEntries(columns.filter(([column, text]) => text !== '' || !column.endsWith(ID_COLUMN)));
}

/**
 * Records by their external id, which is unique in the database (`ir.model.data`): of two transactions that make a record under one
 * external id the second is undone.
 */
export function createRecordStore(models: OdooModels): KeyedStore {
  const read = async (mapping: RecordMapping, key: string, options: DestinationOptions): Promise<KeyedRecord | null> => {
    const found = await models.idOf(key, options);
    if (found === null) return null;
    if (found.model !== mapping.target) throw new AppError('destination_misbehaved', `our key names a record of ${found.model}`);
    const domain: OdooDomain = [['id', '=', found.id]];
    const [row] = await models.search({ model: mapping.target, domain, fields: fieldsAsked(mapping), limit: 1 }, options);
    return row === undefined ? null : recordOf(mapping, row, key);
  };
  const load = async (mapping: RecordMapping, fields: Readonly<Record<string, FieldValue>>, options: DestinationOptions) => {
    let reply: OdooReply;
    try {
      reply = await models.load(mapping.target, columnsOf(fields), options);
    } catch (error) {
      return notWritten(error);
    }
    if (reply.type !== 'value') return failedCall(reply);
    try {
      return readLoaded(reply.value);
    } catch (error) {
      return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code } as const;
    }
  };
  return {
    read,
    write: async (mapping, { key, fields }, options) => {
      for (let loads = 1; loads <= LOADS_MAX; loads += 1) {
        const outcome = await load(mapping, fields, options);
        if (outcome.type === 'made') return { type: 'committed', remoteId: String(outcome.id), etag: null };
        if (outcome.type !== 'refused') return outcome;
        // Not written by this call; perhaps by one that came at the same time.
        try {
          if ((await models.idOf(key, options)) !== null) return 'held';
        } catch (error) {
          return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
        }
        if (outcome.isFinal) break;
      }
      return { type: 'rejected', code: 'destination_rejected' };
    },
    remove: (mapping, remoteId, options) => remove(models, mapping.target, { remoteId, options }),
    search: async (mapping, { phoneField, phone, startField, fromEpochMs }, options) => {
      const from: OdooDomain = startField === null ? [] : [[startField, '>=', utcWithoutZone(fromEpochMs)]];
      const domain: OdooDomain = [[phoneField, '=', phone], ...from];
      const rows = await models.search({ model: mapping.target, domain, fields: fieldsAsked(mapping), limit: FOUND_MAX }, options);
      return rows.map((row) => recordOf(mapping, row, null));
    },
  };
}

/** A call is a transaction, and no method deletes on a condition. */
async function remove(
  models: OdooModels,
  model: string,
  { remoteId, options }: { readonly remoteId: string; readonly options: DestinationOptions },
): Promise<WriteResult> {
  const reply = await models.unlink(model, Number(remoteId), options);
  const isGone = reply.type === 'value' || (reply.type === 'error' && reply.name === MISSING);
  return isGone ? { type: 'committed', remoteId, etag: null } : failedCall(reply);
}
