import { isAppError, toAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { BookingPayload, RecordKind, RecordPayload } from '../../../domain/writeback/intent.ts';
import type { Destination, DestinationOptions, FoundRecord, RecordLinks, WriteOptions } from '../../../ports/destination.ts';
import { notWritten } from './classify.ts';
import { differingFields, renderFields, type FieldValue, type MappingDocument, type RecordMapping } from './mapping.ts';
import { currentPayload, type RecoverableKind } from './recover-payload.ts';
import { createSerial } from './serial.ts';

/** One record as a system holds it. `touched`: the system itself says that someone else wrote to it after us. */
export interface KeyedRecord {
  readonly remoteId: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly touched: boolean;
}

/** Where records about a telephone number are looked for; `startField` only for appointments, which count from `fromEpochMs` on. */
export interface PhoneQuery {
  readonly phoneField: string;
  readonly phone: string;
  readonly startField: string | null;
  readonly fromEpochMs: number;
}

/** A system that finds and writes records by the value of a field that is unique there. Reads throw as a destination's `check` does. */
export interface KeyedStore {
  /** `several`: the field is not unique after all. */
  read(mapping: RecordMapping, key: string, options: DestinationOptions): Promise<KeyedRecord | 'several' | null>;
  /** Creates under the key; `held`: another record got the key meanwhile. */
  write(
    mapping: RecordMapping,
    record: { readonly key: string; readonly fields: Readonly<Record<string, FieldValue>> },
    options: DestinationOptions,
  ): Promise<WriteResult | 'held'>;
  /** Ties a record to others; for systems that cannot do so in the write itself. Never throws. */
  tie?(mapping: RecordMapping, remoteId: string, links: RecordLinks, options: DestinationOptions): Promise<void>;
  remove(mapping: RecordMapping, remoteId: string, options: DestinationOptions): Promise<WriteResult>;
  search(mapping: RecordMapping, query: PhoneQuery, options: DestinationOptions): Promise<readonly KeyedRecord[]>;
}

export interface KeyedRecordsOptions {
  readonly mapping: MappingDocument;
  readonly store: KeyedStore;
  readonly clock: Clock;
  /** Kinds that are never taken away again. */
  readonly kept: readonly RecordKind[];
}

type Operations = Pick<Destination, 'find' | 'create' | 'update' | 'cancel' | 'readBack' | 'availability'>;

interface Target extends KeyedRecordsOptions {
  readonly record: RecordMapping;
  readonly key: string;
}

const REFUSED: WriteResult = { type: 'rejected', code: 'destination_rejected' };
const CHANGED: WriteResult = { type: 'conflict', reason: 'changed' };
const FOUND_BY_PHONE: readonly RecoverableKind[] = ['contact', 'booking'];

/**
 * The operations of a destination that keeps records under a unique key. What stands under the key already is compared before anything is
 * written, so that a repeat writes nothing and never overwrites what a person changed. One piece of work at a time per key. No such
 * system lets two records exclude each other, so that the time of an appointment is not protected here: that is a calendar's task.
 */
export function createKeyedRecords(options: KeyedRecordsOptions): Operations {
  const serially = createSerial();
  const target = (key: string, kind: RecordKind): Target | null => {
    const record = options.mapping.records[kind];
    return record === undefined ? null : { ...options, record, key };
  };
  const working = (key: string, kind: RecordKind, work: (held: Target) => Promise<WriteResult>): Promise<WriteResult> => {
    const held = target(key, kind);
    return held === null ? Promise.resolve(REFUSED) : serially(key, () => work(held));
  };
  return {
    find: (phone, call) => find(options, phone, call),
    create: (key, payload, call) => working(key, payload.kind, (held) => create(held, payload, call)),
    update: (key, payload, replaced, call) =>
      working(key, payload.kind, (held) => move(held, { ...held, key: replaced.key, agreed: replaced.payload }, payload, call)),
    cancel: (key, expected, call) => working(key, expected.kind, (held) => cancel(held, expected, call)),
    readBack: async (key, expected, call) => {
      const held = target(key, expected.kind);
      return held === null ? { type: 'absent' } : readBack(held, expected, call);
    },
    availability: () => Promise.resolve([]),
  };
}

function fieldsOf({ record, key, clock }: Target, payload: RecordPayload, links?: RecordLinks): Readonly<Record<string, FieldValue>> {
  return renderFields(record, { key, payload, links, nowEpochMs: clock.epochMs() });
}

/** The value of the key field. */
const keyOf = (target: Target, payload: RecordPayload): string => String(fieldsOf(target, payload)[target.record.keyField]);

const readOf = (target: Target, payload: RecordPayload, call: DestinationOptions): ReturnType<KeyedStore['read']> =>
  target.store.read(target.record, keyOf(target, payload), call);

/** What stands under the key already: the same record, or a different one. */
function standing({ record }: Target, held: KeyedRecord | 'several', fields: Readonly<Record<string, FieldValue>>): WriteResult {
  if (held === 'several' || differingFields(record, fields, held.fields).length > 0)
    return { type: 'conflict', reason: 'exists_differently' };
  return { type: 'committed', remoteId: held.remoteId, etag: null };
}

async function create(target: Target, payload: RecordPayload, call: WriteOptions): Promise<WriteResult> {
  const fields = fieldsOf(target, payload, call.links);
  let held;
  try {
    held = await readOf(target, payload, call);
  } catch (error) {
    return notWritten(error);
  }
  return tied(target, held === null ? await put(target, payload, fields, call) : standing(target, held, fields), call);
}

async function put(
  target: Target,
  payload: RecordPayload,
  fields: Readonly<Record<string, FieldValue>>,
  call: WriteOptions,
): Promise<WriteResult> {
  const key = keyOf(target, payload);
  const written = await target.store.write(target.record, { key, fields }, call);
  if (written !== 'held') return written;
  try {
    const held = await target.store.read(target.record, key, call);
    // Taken, and yet not to be seen: by a record that a person deleted or hid.
    return held === null ? CHANGED : standing(target, held, fields);
  } catch (error) {
    return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
  }
}

async function tied(target: Target, result: WriteResult, call: WriteOptions): Promise<WriteResult> {
  if (result.type === 'committed' && call.links !== undefined) await target.store.tie?.(target.record, result.remoteId, call.links, call);
  return result;
}

/** The record that is moved away, as it was agreed on. */
type Old = Target & { readonly agreed: BookingPayload };

/**
 * Writes the new record first, then takes the old one away. No such system deletes on a condition, so that the old one is compared right
 * before; an edit within that last round trip is lost with it (it can be had back from the system's bin).
 */
async function move(target: Target, old: Old, payload: BookingPayload, call: WriteOptions): Promise<WriteResult> {
  const agreed = fieldsOf(old, old.agreed);
  const readOld = (): ReturnType<KeyedStore['read']> => readOf(old, old.agreed, call);
  const isOurs = (held: KeyedRecord | 'several'): held is KeyedRecord =>
    held !== 'several' && !held.touched && differingFields(old.record, agreed, held.fields).length === 0;
  try {
    const held = await readOld();
    if (held === null) {
      const moved = await readOf(target, payload, call);
      return moved === null ? CHANGED : standing(target, moved, fieldsOf(target, payload));
    }
    if (!isOurs(held)) return CHANGED;
  } catch (error) {
    return notWritten(error);
  }
  const created = await create(target, payload, call);
  if (created.type !== 'committed') return created;
  try {
    const held = await readOld();
    if (held !== null && !isOurs(held)) return await giveBack(target, created.remoteId, call);
    if (held === null) return created;
    const removed = await old.store.remove(old.record, held.remoteId, call);
    return removed.type === 'committed' ? created : { type: 'unknown', code: 'destination_unreachable' };
  } catch (error) {
    return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
  }
}

async function giveBack(target: Target, remoteId: string, call: DestinationOptions): Promise<WriteResult> {
  const removed = await target.store.remove(target.record, remoteId, call);
  return removed.type === 'committed' ? CHANGED : { type: 'unknown', code: 'destination_conflict' };
}

async function cancel(target: Target, expected: RecordPayload, call: WriteOptions): Promise<WriteResult> {
  const { record, store, kept } = target;
  if (kept.includes(expected.kind)) return REFUSED;
  try {
    const held = await readOf(target, expected, call);
    if (held === null) return { type: 'committed', remoteId: keyOf(target, expected), etag: null };
    if (held === 'several' || held.touched) return CHANGED;
    if (differingFields(record, fieldsOf(target, expected), held.fields).length > 0) return CHANGED;
    return await store.remove(record, held.remoteId, call);
  } catch (error) {
    return notWritten(error);
  }
}

async function readBack(target: Target, expected: RecordPayload, call: DestinationOptions): Promise<ReadBack> {
  try {
    const held = await readOf(target, expected, call);
    if (held === null) return { type: 'absent' };
    if (held === 'several') return { type: 'differs', remoteId: keyOf(target, expected) };
    const { remoteId, fields } = held;
    if (differingFields(target.record, fieldsOf(target, expected), fields).length > 0) return { type: 'differs', remoteId };
    const payload = expected.kind === 'booking' ? { ...expected, reason: null } : expected;
    return { type: 'found', payload, remoteId, etag: null, contested: false };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { type: 'unavailable', code: error.code };
  }
}

const fieldOf = ({ fields }: RecordMapping, ...templates: readonly string[]): string | null =>
  Object.entries(fields).find(([, template]) => templates.includes(template))?.[0] ?? null;

/** Whether the key field was read and is empty. */
const hasNoKey = ({ keyField }: RecordMapping, fields: KeyedRecord['fields']): boolean =>
  keyField in fields && (fields[keyField] ?? '') === '';

/** A kind whose mapping keeps the telephone number in a field of its own can be looked for. */
async function find(options: KeyedRecordsOptions, phone: string, call: DestinationOptions): Promise<readonly FoundRecord[]> {
  const { mapping, store, clock } = options;
  const searches = FOUND_BY_PHONE.map(async (kind): Promise<readonly FoundRecord[]> => {
    const record = mapping.records[kind];
    const phoneField = record === undefined ? null : fieldOf(record, '{phone}');
    if (record === undefined || phoneField === null) return [];
    const startField = fieldOf(record, '{startUtc}', '{start}');
    const held = await store.search(record, { phoneField, phone, startField, fromEpochMs: clock.businessEpochMs() }, call);
    return held.flatMap(({ remoteId, fields }) => {
      const payload = currentPayload(kind, { mapping: record, fields });
      const isEntered = kind === 'booking' && hasNoKey(record, fields);
      return payload?.phone === phone ? [{ remoteId, isEntered, payload }] : [];
    });
  });
  return (await Promise.all(searches)).flat();
}
