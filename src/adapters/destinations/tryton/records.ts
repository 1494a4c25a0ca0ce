import { AppError, isAppError } from '../../../base/app-error.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { WriteOptions } from '../../../ports/destination.ts';
import { createJsonContract } from '../http/json-contract.ts';
import type { RecordMapping } from '../http/mapping.ts';
import { failedCall, valueOf, type RpcCall, type TrytonRpc } from './rpc-client.ts';

/** Records of one kind in one model of Tryton. */
export interface TrytonRecords {
  create(key: string, payload: RecordPayload, options: WriteOptions): Promise<WriteResult>;
  cancel(key: string, expected: RecordPayload, signal: AbortSignal): Promise<WriteResult>;
  /** Throws as a question does. */
  readBack(key: string, expected: RecordPayload, signal: AbortSignal): Promise<ReadBack>;
}

export type CallOptions = Pick<RpcCall, 'signal' | 'traceparent'>;

/** A record of Tryton as it stands. */
export interface TrytonRow {
  readonly id: number;
  /** Tryton's `_timestamp`: the time of the last change, which a later write or deletion can be bound to. */
  readonly version: string;
  /** Nobody changed it after the transaction that made it (a model may write again within that). */
  readonly isUntouched: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

const ROWS_MAX = 20;
const VERSION = '_timestamp';
const CREATED = 'create_date';
const WRITTEN = 'write_date';
/** Fields that every question about records asks for. */
export const META = [CREATED, WRITTEN, VERSION];

interface RawRow extends Readonly<Record<string, unknown>> {
  readonly id: number;
  readonly [VERSION]: string;
}
const raw = {
  type: 'object',
  required: ['id', ...META],
  properties: { id: { type: 'integer' }, [VERSION]: { type: 'string' }, [CREATED]: {}, [WRITTEN]: {} },
} as const;
const rawRows = createJsonContract<readonly RawRow[]>('records of Tryton', { type: 'array', items: raw });
const created = createJsonContract<readonly [id: number]>('the id of a new record in Tryton', {
  type: 'array',
  minItems: 1,
  maxItems: 1,
  prefixItems: [{ type: 'integer' }],
});

/** Records in an answer. Throws `destination_misbehaved`. */
export function rowsIn(value: unknown): readonly TrytonRow[] {
  return rawRows.check(value).map((row) => ({
    id: row.id,
    version: row[VERSION],
    isUntouched: row[WRITTEN] === null || JSON.stringify(row[WRITTEN]) === JSON.stringify(row[CREATED]),
    fields: row,
  }));
}

/** What the search of a model is given: Tryton's domain, a list of clauses that all hold. */
export type Domain = readonly (readonly unknown[])[];

/** `party.party,12`: how fields that refer to any model name a record. */
export const referenceTo = (model: string, id: number): string => `${model},${id}`;

/** Records of a model, oldest first, at most {@link ROWS_MAX}. Throws as a question does. */
export async function searchRows(
  rpc: TrytonRpc,
  query: { readonly model: string; readonly domain: Domain; readonly fields: readonly string[] },
  options: CallOptions,
): Promise<readonly TrytonRow[]> {
  const { model, domain, fields } = query;
  const params = [domain, 0, ROWS_MAX, [['id', 'ASC']], [...new Set([...fields, ...META])]];
  return rowsIn(valueOf(await rpc.call({ method: `model.${model}.search_read`, params, ...options })));
}

/** Creates one record in one transaction of the server. */
export async function createRow(
  rpc: TrytonRpc,
  record: { readonly model: string; readonly values: Readonly<Record<string, unknown>> },
  options: CallOptions,
): Promise<{ readonly id: number } | { readonly failed: WriteResult; readonly wasRefused: boolean }> {
  const outcome = await rpc.call({ method: `model.${record.model}.create`, params: [[record.values]], ...options });
  if (outcome.type !== 'result') return { failed: failedCall(outcome), wasRefused: outcome.type === 'refused' };
  try {
    const [id] = created.check(outcome.value);
    return { id };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { failed: { type: 'unknown', code: error.code }, wasRefused: false };
  }
}

/**
 * Deletes records in the versions that were read: Tryton refuses when one was changed since. It compares times of change, of which
 * SQLite keeps whole seconds and PostgreSQL microseconds.
 */
export async function deleteRows(
  rpc: TrytonRpc,
  record: { readonly model: string; readonly rows: readonly TrytonRow[]; readonly versions?: Readonly<Record<string, string>> },
  options: CallOptions,
): Promise<'gone' | 'changed' | WriteResult> {
  const { model, rows: read } = record;
  const versions = Object.fromEntries(read.map(({ id, version }) => [referenceTo(model, id), version]));
  const outcome = await rpc.call({
    method: `model.${model}.delete`,
    params: [read.map(({ id }) => id)],
    context: { [VERSION]: { ...versions, ...record.versions } },
    ...options,
  });
  if (outcome.type === 'result') return 'gone';
  // A record that others refer to by now is refused in the same way.
  return outcome.type === 'refused' ? 'changed' : failedCall(outcome);
}

/**
 * Records that hold a key: found by equality where the field holds nothing else, by its occurrence in a longer text otherwise. What a
 * server gives beyond that is not believed. Throws as a question does.
 */
export async function rowsOfKey(
  rpc: TrytonRpc,
  query: { readonly mapping: RecordMapping; readonly key: string; readonly domain?: Domain; readonly fields?: readonly string[] },
  options: CallOptions,
): Promise<readonly TrytonRow[]> {
  const { mapping, key, domain = [], fields = [] } = query;
  const { target, keyField } = mapping;
  const value = remoteIdOf(key);
  const clause = mapping.fields[keyField] === '{remoteKey}' ? [keyField, '=', value] : [keyField, 'like', `%${value}%`];
  const wanted = { model: target, domain: [clause, ...domain], fields: [...Object.keys(mapping.fields), ...fields] };
  return (await searchRows(rpc, wanted, options)).filter(({ fields: held }) => String(held[keyField]).includes(value));
}

/** Throws `config_invalid` when the mapping does not write the key where it says. */
export function assertKeyIsWritten(mapping: RecordMapping): void {
  if (mapping.fields[mapping.keyField]?.includes('{remoteKey}') === true) return;
  throw new AppError('config_invalid', `the mapping of ${mapping.target} does not write {remoteKey} into ${mapping.keyField}`);
}
