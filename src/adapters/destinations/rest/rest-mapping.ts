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
  readonly records: Readonly<Partial<Record<RecordKind, RestRecord>>>;
}

const pointer = { type: 'string', pattern: POINTER_PATTERN } as const;
const scalar = { type: ['string', 'number', 'boolean'] } as const;
const ms = { type: 'integer', minimum: 0, maximum: 3_600_000 } as const;

const placeSchema = (more: Readonly<Record<string, unknown>> = {}): SchemaObject => ({
  type: 'object',
  required: ['in', ...Object.keys(more)],
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
