import { dirname, resolve } from 'node:path';
import type { SchemaObject } from 'ajv/dist/2020.js';
import type { RecordKind } from '../../../domain/writeback/intent.ts';
import type { Idempotence } from '../../../ports/destination.ts';
import { AUTH_SCHEMA, type AccessRules } from '../http/access.ts';
import { readConfigDocument } from '../http/config-document.ts';
import { POINTER_PATTERN } from '../http/json-pointer.ts';
import type { FieldRules } from '../http/mapping.ts';
import { OUTCOME_SCHEMA, SUCCESS_SCHEMA, type OutcomeTable, type Success } from '../http/outcome.ts';
import type { Rate } from '../http/token-bucket.ts';

/** Where a value goes in a request. */
export type Place = { readonly in: 'path' | 'query' | 'header'; readonly name: string } | { readonly in: 'body'; readonly pointer: string };

/** Values that can have a place in a request. */
export const PLACES = ['key', 'remoteId', 'phone', 'etag', 'service', 'from', 'to'] as const;

/** How an operation of the OpenAPI document is used. */
export interface OperationUse {
  readonly operation: string;
  readonly success: Success;
  readonly key?: Place;
  /** Id that the system gave the record. */
  readonly remoteId?: Place;
  /** E.164. */
  readonly phone?: Place;
  /** The version that was read, for If-Match. */
  readonly etag?: Place;
  /** For which service free slots are wanted, and for which days. */
  readonly service?: Place;
  readonly from?: Place;
  readonly to?: Place;
  /** Values that are always the same. */
  readonly fixed?: readonly (Place & { readonly value: string | number | boolean })[];
  /** Goes before the table of the document. */
  readonly outcomes?: OutcomeTable;
}

export type CreateUse = OperationUse & {
  readonly key: Place;
  /** Where the fields go in the body; the whole body when absent. */
  readonly bodyAt?: string;
  /** Where the record stands in the answer; the whole answer when absent. */
  readonly recordAt?: string;
  /** Where our key must stand in the answer, or the answer is not believed. */
  readonly keyAt?: string;
};

export type LookupUse = OperationUse & {
  /** Where the record stands in the answer; the whole answer when absent. */
  readonly recordAt?: string;
  /** Where the list of records stands in the answer; such a question may find none. */
  readonly recordsAt?: string;
  /** Statuses that mean "there is none"; 404 when absent. */
  readonly absent?: readonly number[];
};

/**
 * How the days of a question are written: `day` the first or last day as ISO date, `day_after` the day after it, in the practice's zone;
 * `utc` and `offset` the moment in which they begin or end, in UTC or with the practice's offset.
 */
export type DayForm = 'day' | 'day_after' | 'utc' | 'offset';

/** How the system is asked for free slots. Fields are named by JSON pointers, relative to one slot. */
export type FreeSlotsUse = OperationUse & {
  /** `choices`: id of a service -> the system's code; the id itself where none is named. */
  readonly service?: Place & { readonly choices?: Readonly<Record<string, string>> };
  readonly from: Place & { readonly form: DayForm };
  readonly to: Place & { readonly form: DayForm };
  /** Where the list of slots stands in the answer; the whole answer when absent. */
  readonly recordsAt?: string;
  /** What stands there says that the list goes on: anything but nothing, null, false, 0 and the empty text. */
  readonly moreAt?: string;
  readonly startField: string;
  /** How long a slot is; as long as the service when neither is named. */
  readonly minutesField?: string;
  readonly endField?: string;
  /** What a time is that names no zone; it is not read when this is absent. */
  readonly timesWithoutZone?: 'utc';
};

/** How one kind of record is held. Fields are named by JSON pointers, relative to the record. */
export interface RestRecord extends FieldRules {
  /** Where our key stands in a record that was read. */
  readonly keyField: string;
  /** Where the system's own id stands in a record. */
  readonly idField: string;
  /** Holds a hash of the other fields, which tells that a person changed one although they agree with what was agreed on. */
  readonly digestField?: string;
  readonly create: CreateUse;
  readonly readBack?: LookupUse;
  readonly find?: LookupUse;
  readonly cancel?: OperationUse;
}

/** `rest`: records that can be read; `webhook`: POSTs to a receiver that acknowledges our key. `docs/REST.md` explains every key. */
export interface RestMapping extends AccessRules {
  readonly version: 1;
  readonly destination: string;
  readonly mode: 'rest' | 'webhook';
  /** Path of the OpenAPI document; absolute once read. */
  readonly openapi: string;
  readonly idempotence: Exclude<Idempotence, 'local_transaction'>;
  /** The header that carries our key, and whether the system promises to do nothing twice under one key. */
  readonly idempotencyKey?: { readonly header: string; readonly honoured: boolean };
  readonly rate: Rate | null;
  readonly visibilityDelayMs: number;
  readonly maxInflightMs: number;
  readonly outcomes: OutcomeTable;
  readonly check?: OperationUse;
  readonly freeSlots?: FreeSlotsUse;
  readonly records: Readonly<Partial<Record<RecordKind, RestRecord>>>;
}

const pointer = { type: 'string', pattern: POINTER_PATTERN } as const;
const scalar = { type: ['string', 'number', 'boolean'] } as const;
const ms = { type: 'integer', minimum: 0, maximum: 3_600_000 } as const;

const placeSchema = (more: Readonly<Record<string, unknown>> = {}, required: readonly string[] = Object.keys(more)): SchemaObject => ({
  type: 'object',
  required: ['in', ...required],
  properties: { in: { enum: ['path', 'query', 'header', 'body'] }, name: { type: 'string', minLength: 1 }, pointer, ...more },
  additionalProperties: false,
  if: { properties: { in: { const: 'body' } } },
  then: { required: ['pointer'] },
  else: { required: ['name'] },
});

const useSchema = (more: Readonly<Record<string, unknown>> = {}, required: readonly string[] = []): SchemaObject => ({
  type: 'object',
  additionalProperties: false,
  required: ['operation', 'success', ...required],
  properties: {
    operation: { type: 'string', minLength: 1 },
    success: SUCCESS_SCHEMA,
    key: placeSchema(),
    remoteId: placeSchema(),
    phone: placeSchema(),
    etag: placeSchema(),
    fixed: { type: 'array', items: placeSchema({ value: scalar }) },
    outcomes: OUTCOME_SCHEMA,
    ...more,
  },
});

const lookupSchema = useSchema({ recordAt: pointer, recordsAt: pointer, absent: { type: 'array', items: { type: 'integer' } } });

const freeSlotsSchema: SchemaObject = {
  type: 'object',
  additionalProperties: false,
  required: ['operation', 'from', 'to', 'success', 'startField'],
  properties: {
    operation: { type: 'string', minLength: 1 },
    service: placeSchema({ choices: { type: 'object', minProperties: 1, additionalProperties: { type: 'string', minLength: 1 } } }, []),
    from: placeSchema({ form: { enum: ['day', 'utc', 'offset'] satisfies DayForm[] } }),
    to: placeSchema({ form: { enum: ['day', 'day_after', 'utc', 'offset'] satisfies DayForm[] } }),
    fixed: { type: 'array', items: placeSchema({ value: scalar }) },
    success: SUCCESS_SCHEMA,
    recordsAt: pointer,
    moreAt: pointer,
    startField: pointer,
    minutesField: pointer,
    endField: pointer,
    timesWithoutZone: { const: 'utc' },
  },
};

const recordSchema: SchemaObject = {
  type: 'object',
  additionalProperties: false,
  required: ['fields', 'keyField', 'idField', 'create'],
  properties: {
    fields: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: POINTER_PATTERN },
      additionalProperties: { type: 'string', minLength: 1 },
    },
    keyField: pointer,
    idField: pointer,
    digestField: pointer,
    choices: {
      type: 'object',
      propertyNames: { pattern: POINTER_PATTERN },
      additionalProperties: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
    },
    html: { type: 'array', items: pointer, uniqueItems: true },
    notCompared: { type: 'array', items: pointer, uniqueItems: true },
    create: useSchema({ bodyAt: pointer, recordAt: pointer, keyAt: pointer }, ['key']),
    readBack: lookupSchema,
    find: lookupSchema,
    cancel: useSchema(),
  },
};

/** Schema of the mapping document of a REST destination (JSON Schema 2020-12). */
export const REST_MAPPING_SCHEMA: SchemaObject = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'destination', 'mode', 'openapi', 'idempotence', 'auth', 'signed', 'rate', 'records'],
  properties: {
    version: { const: 1 },
    destination: { type: 'string', pattern: '^[a-z0-9-]+$' },
    mode: { enum: ['rest', 'webhook'] },
    openapi: { type: 'string', minLength: 1 },
    idempotence: { enum: ['conditional_create', 'upsert', 'native_key', 'search_then_create', 'none'] },
    idempotencyKey: {
      type: 'object',
      additionalProperties: false,
      required: ['header', 'honoured'],
      properties: { header: { type: 'string', pattern: '^[A-Za-z0-9-]+$' }, honoured: { type: 'boolean' } },
    },
    auth: AUTH_SCHEMA,
    signed: { type: 'boolean' },
    rate: {
      type: ['object', 'null'],
      additionalProperties: false,
      required: ['requestsPerSecond', 'burst'],
      properties: { requestsPerSecond: { type: 'number', exclusiveMinimum: 0 }, burst: { type: 'integer', minimum: 1 } },
    },
    visibilityDelayMs: ms,
    maxInflightMs: ms,
    outcomes: OUTCOME_SCHEMA,
    check: useSchema(),
    freeSlots: freeSlotsSchema,
    records: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { booking: recordSchema, message: recordSchema, contact: recordSchema, note: recordSchema, notice: recordSchema },
    },
  },
};

/** Time for which a request may still take effect after its connection is gone, where the mapping names none. */
const MAX_INFLIGHT_MS = 20_000;

/** Reads a mapping document. Throws `config_unreadable`, or `config_invalid` naming path, got and expected. */
export function readRestMapping(file: string): RestMapping {
  const raw = readConfigDocument(file, REST_MAPPING_SCHEMA) as RestMapping;
  const defaults = { visibilityDelayMs: 0, maxInflightMs: MAX_INFLIGHT_MS, outcomes: {} };
  return { ...defaults, ...raw, openapi: resolve(dirname(file), raw.openapi) };
}
