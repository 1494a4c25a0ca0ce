import { AppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { RecordKind } from '../../../domain/writeback/intent.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { failedWrite, notWritten } from '../http/classify.ts';
import { instantOf } from '../http/instant.ts';
import { valueAt } from '../http/json-pointer.ts';
import type { KeyedRecord, KeyedStore } from '../http/keyed-records.ts';
import type { FieldValue, RecordMapping } from '../http/mapping.ts';
import { refusal } from '../http/outcome.ts';
import { digestOf } from './digest.ts';
import { answered, listIn, type CallResult, type CallValues, type RestCaller } from './rest-call.ts';
import type { LookupUse, OperationUse, RestRecord } from './rest-mapping.ts';
import type { Bound, BoundRecord, RestSystem } from './rest-system.ts';

/** Records whose version and key are remembered between reading and taking away. */
const VERSIONS_MAX = 200;
const NOT_FOUND = 404;
const GONE: ReadonlySet<number> = new Set([404, 410]);
const PRECONDITION_FAILED = 412;

interface Version {
  readonly key: string;
  readonly etag: string | null;
}

interface Parts {
  readonly system: RestSystem;
  readonly caller: RestCaller;
  /** By kind and id of the record. */
  readonly versions: Map<string, Version>;
}

/** A kind as the engine for keyed records knows it: its `target` is the kind, its fields are pointers, the key field among them. */
export function keyedMapping(kind: RecordKind, rules: RestRecord): RecordMapping {
  return { ...rules, target: kind, fields: { [rules.keyField]: '{remoteKey}', ...rules.fields } };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' || typeof value === 'number' ? String(value) : null);

/** What a write came to. */
export function writtenBy(
  result: CallResult,
  { system, use, repeatable }: { readonly system: RestSystem; readonly use: OperationUse; readonly repeatable: boolean },
): WriteResult | 'exists' | Extract<CallResult, { readonly type: 'succeeded' }> {
  switch (result.type) {
    case 'unfit':
      return { type: 'rejected', code: 'destination_rejected' };
    case 'failed':
      return failedWrite(result);
    case 'unbelievable':
      return { type: 'unknown', code: 'destination_misbehaved' };
    case 'refused':
      return refusal(result.answer, { outcomes: { ...system.mapping.outcomes, ...use.outcomes }, repeatable });
    case 'succeeded':
      return result;
  }
}

/** Records of a system that can be read by our key. */
export function createRestStore(system: RestSystem, caller: RestCaller): KeyedStore {
  const parts: Parts = { system, caller, versions: new Map() };
  const boundOf = ({ target }: RecordMapping): BoundRecord => {
    const bound = system.records.get(target as RecordKind);
    if (bound === undefined) throw new AppError('destination_misbehaved', `nothing is mapped for ${target}`);
    return bound;
  };
  return {
    read: (mapping, key, options) => read(parts, { mapping, bound: boundOf(mapping), key }, options),
    write: (mapping, { key, fields }, options) => write(parts, { mapping, bound: boundOf(mapping), key }, fields, options),
    remove: (mapping, remoteId, options) => remove(parts, { mapping, bound: boundOf(mapping) }, remoteId, options),
    search: async (mapping, { phone, startField, fromEpochMs }, options) => {
      const bound = boundOf(mapping);
      if (bound.find === null) return [];
      const found = await lookUp(parts, bound.find, { phone }, options);
      const records = found.map(({ record }) => keyedRecord(mapping, bound.rules, record));
      const isToCome = ({ fields }: KeyedRecord): boolean =>
        startField === null || (instantOf(String(fields[startField])) ?? fromEpochMs) >= fromEpochMs;
      return records.filter(isToCome);
    },
  };
}

interface Held {
  readonly mapping: RecordMapping;
  readonly bound: BoundRecord;
}

interface Answered {
  readonly record: unknown;
  readonly etag: string | null;
}

/** The records of an answer. Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
async function lookUp(
  { caller }: Parts,
  bound: Bound<LookupUse>,
  values: CallValues,
  options: DestinationOptions,
): Promise<readonly Answered[]> {
  const { absent = [NOT_FOUND], recordAt = '', recordsAt } = bound.use;
  const result = await caller.call(bound, values, options);
  if (result.type === 'refused' && absent.includes(result.answer.status) && !result.answer.isHtml) return [];
  const { answer, content } = answered(result, bound);
  if (recordsAt === undefined) return [{ record: valueAt(content, recordAt), etag: answer.header('etag') }];
  return listIn(content, recordsAt, bound).map((record) => ({ record, etag: null }));
}

/** Fields that the mapping knows, and whether a person changed one of them. */
function keyedRecord(mapping: RecordMapping, rules: RestRecord, record: unknown): KeyedRecord {
  const remoteId = textOf(valueAt(record, rules.idField));
  if (remoteId === null) throw new AppError('destination_misbehaved', 'a record has no id');
  const fields = Object.fromEntries(Object.keys(mapping.fields).map((pointer) => [pointer, valueAt(record, pointer)]));
  const touched = rules.digestField !== undefined && valueAt(record, rules.digestField) !== digestOf(rules, fields);
  return { remoteId, fields, touched };
}

function remember({ versions }: Parts, name: string, version: Version): void {
  versions.delete(name);
  versions.set(name, version);
  const [oldest] = versions.keys();
  if (versions.size > VERSIONS_MAX && oldest !== undefined) versions.delete(oldest);
}

async function read(
  parts: Parts,
  { mapping, bound, key }: Held & { readonly key: string },
  options: DestinationOptions,
): Promise<KeyedRecord | 'several' | null> {
  if (bound.readBack === null) throw new AppError('destination_misbehaved', `nothing reads ${mapping.target} back`);
  const found = await lookUp(parts, bound.readBack, { key }, options);
  const ours = found.filter(({ record }) => valueAt(record, bound.rules.keyField) === key);
  // A system that does not know our filter answers with whatever it has.
  if (ours.length === 0 && found.length > 0)
    throw new AppError('destination_misbehaved', `the answer to ${bound.readBack.operation.id} holds records of other keys`);
  const [first] = ours;
  if (first === undefined) return null;
  if (ours.length > 1) return 'several';
  const held = keyedRecord(mapping, bound.rules, first.record);
  remember(parts, `${mapping.target} ${held.remoteId}`, { key, etag: first.etag });
  return held;
}

async function write(
  parts: Parts,
  { mapping, bound, key }: Held & { readonly key: string },
  fields: Readonly<Record<string, FieldValue>>,
  options: DestinationOptions,
): Promise<WriteResult | 'held'> {
  const { system, caller } = parts;
  const { use } = bound.create;
  let result: CallResult;
  try {
    result = await caller.call(bound.create, { key, idempotencyKey: key, body: bodyOf(bound.rules, fields) }, options);
  } catch (error) {
    return notWritten(error);
  }
  const written = writtenBy(result, { system, use, repeatable: true });
  if (written === 'exists') return 'held';
  if (written.type !== 'succeeded') return written;
  const { content, answer } = written;
  if (use.keyAt !== undefined && valueAt(content, use.keyAt) !== key) return { type: 'unknown', code: 'destination_misbehaved' };
  const remoteId = textOf(valueAt(content, `${use.recordAt ?? ''}${bound.rules.idField}`)) ?? key;
  const etag = answer.header('etag');
  remember(parts, `${mapping.target} ${remoteId}`, { key, etag });
  return { type: 'committed', remoteId, etag };
}

/** The fields of the mapping and their digest; the key goes where the operation wants it. */
export function bodyOf(rules: RestRecord, fields: Readonly<Record<string, FieldValue>>): Readonly<Record<string, FieldValue>> {
  const prefix = rules.create.bodyAt ?? '';
  const body: Record<string, FieldValue> = {};
  for (const pointer of Object.keys(rules.fields)) {
    const value = fields[pointer];
    if (value !== undefined) body[`${prefix}${pointer}`] = value;
  }
  if (rules.digestField !== undefined) body[`${prefix}${rules.digestField}`] = digestOf(rules, fields);
  return body;
}

/** Takes away the version that was read; one that was changed since then stays, where the system knows If-Match. */
async function remove(parts: Parts, { mapping, bound }: Held, remoteId: string, options: DestinationOptions): Promise<WriteResult> {
  const { system, caller, versions } = parts;
  if (bound.cancel === null) return { type: 'rejected', code: 'destination_rejected' };
  const { key, etag } = versions.get(`${mapping.target} ${remoteId}`) ?? { key: undefined, etag: null };
  const values: CallValues = {
    remoteId,
    ...(key === undefined ? {} : { key, idempotencyKey: `${key}-cancel` }),
    ...(etag === null ? {} : { etag }),
  };
  let result: CallResult;
  try {
    result = await caller.call(bound.cancel, values, options);
  } catch (error) {
    return notWritten(error);
  }
  if (result.type === 'refused' && !result.answer.isHtml) {
    const { status } = result.answer;
    if (GONE.has(status)) return { type: 'committed', remoteId, etag: null };
    if (status === PRECONDITION_FAILED) return { type: 'conflict', reason: 'changed' };
  }
  const removed = writtenBy(result, { system, use: bound.cancel.use, repeatable: true });
  if (removed === 'exists') return { type: 'unknown', code: 'destination_misbehaved' };
  return removed.type === 'succeeded' ? { type: 'committed', remoteId, etag: null } : removed;
}
