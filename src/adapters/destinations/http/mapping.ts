import { readFileSync } from 'node:fs';
import { AppError } from '../../../base/app-error.ts';
import type { RecordKind, RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { RecordLinks } from '../../../ports/destination.ts';
import { createJsonContract } from './json-contract.ts';

/** How one kind of record is written in a destination. */
export interface RecordMapping {
  /** The type there: an object, table or model. */
  readonly target: string;
  /** The field that holds our key. */
  readonly keyField: string;
  /** Field there -> template, with placeholders such as `{name}`; a template that is one placeholder keeps the type of its value. */
  readonly fields: Readonly<Record<string, string>>;
  /** Fields that the destination changes by itself, so that a read-back does not compare them. */
  readonly notCompared?: readonly string[];
}

/** A mapping document: versioned, validated when it is read and in tests. Lies in `config/mappings`. */
export interface MappingDocument {
  readonly version: 1;
  readonly destination: string;
  readonly records: Readonly<Partial<Record<RecordKind, RecordMapping>>>;
}

export type FieldValue = string | number | boolean;

/** Placeholders of mapping documents. Times are ISO 8601: `start` with the practice's offset, `startUtc` and `endUtc` in UTC. */
export const PLACEHOLDERS = [
  'key',
  'remoteKey',
  'name',
  'givenName',
  'familyName',
  'phone',
  'service',
  'serviceName',
  'start',
  'startUtc',
  'endUtc',
  'minutes',
  'title',
  'text',
  'urgent',
  'contactId',
  'bookingId',
] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

const MINUTE_MS = 60_000;
const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;
const known: ReadonlySet<string> = new Set(PLACEHOLDERS);

const recordSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['target', 'keyField', 'fields'],
  properties: {
    target: { type: 'string', minLength: 1 },
    keyField: { type: 'string', minLength: 1 },
    fields: { type: 'object', minProperties: 1, additionalProperties: { type: 'string', minLength: 1 } },
    notCompared: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  },
} as const;

const document = createJsonContract<MappingDocument>('the mapping document', {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'destination', 'records'],
  properties: {
    version: { const: 1 },
    destination: { type: 'string', pattern: '^[a-z0-9-]+$' },
    records: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { booking: recordSchema, message: recordSchema, contact: recordSchema, note: recordSchema, notice: recordSchema },
    },
  },
});

/** Reads a mapping document. Throws `config_invalid` naming the file and what is wrong in it. */
export function readMapping(path: string): MappingDocument {
  try {
    const mapping = document.read(readFileSync(path, 'utf8'));
    const unknown = Object.values(mapping.records)
      .flatMap(({ fields }) => Object.values(fields))
      .flatMap((template) => [...template.matchAll(PLACEHOLDER)].map(([, name]) => name ?? ''))
      .find((name) => !known.has(name));
    if (unknown !== undefined) throw new Error(`{${unknown}} is no placeholder; there are ${PLACEHOLDERS.join(', ')}`);
    return mapping;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('config_invalid', `  ${path}: ${reason}`, { cause });
  }
}

/** "Laura Becker" is given name Laura, family name Becker; a single word is a family name. */
function nameParts(name: string): { readonly givenName: string | null; readonly familyName: string } {
  const words = name.trim().split(/\s+/);
  const familyName = words.at(-1) ?? name;
  return { givenName: words.length > 1 ? words.slice(0, -1).join(' ') : null, familyName };
}

type Values = Readonly<Partial<Record<Placeholder, FieldValue | null>>>;

function valuesOf(payload: RecordPayload): Values {
  const person = 'name' in payload && payload.name !== null ? { name: payload.name, ...nameParts(payload.name) } : {};
  switch (payload.kind) {
    case 'booking': {
      const startEpochMs = Date.parse(payload.start);
      const { service, serviceName, start, minutes, phone } = payload;
      const startUtc = new Date(startEpochMs).toISOString();
      const endUtc = new Date(startEpochMs + minutes * MINUTE_MS).toISOString();
      return { ...person, service, serviceName, start, minutes, phone, startUtc, endUtc };
    }
    case 'message':
      return { ...person, phone: payload.phone, text: payload.text, urgent: payload.urgent };
    case 'contact':
      return { ...person, phone: payload.phone };
    case 'note':
      return { title: payload.title, text: payload.text, phone: payload.phone };
    case 'notice':
      return { title: payload.subject, text: payload.text, phone: payload.to };
  }
}

/** The fields of a record as the destination gets them. Placeholders without a value are empty; a field of nothing else is left out. */
export function renderFields(
  mapping: RecordMapping,
  record: { readonly key: string; readonly payload: RecordPayload; readonly links?: RecordLinks | undefined },
): Readonly<Record<string, FieldValue>> {
  const { key, payload, links } = record;
  const values: Values = {
    ...valuesOf(payload),
    key,
    remoteKey: remoteIdOf(key),
    contactId: links?.contact ?? null,
    bookingId: links?.booking ?? null,
  };
  const rendered: Record<string, FieldValue> = {};
  for (const [field, template] of Object.entries(mapping.fields)) {
    const whole = /^\{([a-zA-Z]+)\}$/.exec(template)?.[1] as Placeholder | undefined;
    const value =
      whole === undefined ? template.replaceAll(PLACEHOLDER, (_all, name: Placeholder) => String(values[name] ?? '')) : values[whole];
    if (value !== undefined && value !== null) rendered[field] = value;
  }
  return rendered;
}

/** Fields that the destination holds otherwise than rendered. Numbers and booleans are the same as their text: some systems keep text only. */
export function differingFields(
  mapping: RecordMapping,
  rendered: Readonly<Record<string, FieldValue>>,
  remote: Readonly<Record<string, unknown>>,
): readonly string[] {
  const skipped = new Set(mapping.notCompared ?? []);
  return Object.entries(rendered).flatMap(([field, value]) => {
    const held = remote[field];
    const same = isScalar(held) && (String(held) === String(value) || isSameInstant(held, value));
    return same || skipped.has(field) ? [] : [field];
  });
}

const isScalar = (value: unknown): value is FieldValue => ['string', 'number', 'boolean'].includes(typeof value);

/** Systems write the same moment in their own way: with another offset, without milliseconds, with `+0000`. */
const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;
function isSameInstant(held: FieldValue, value: FieldValue): boolean {
  if (typeof held !== 'string' || typeof value !== 'string' || !ISO_INSTANT.test(held) || !ISO_INSTANT.test(value)) return false;
  const [a, b] = [held, value].map((text) => Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')));
  return a !== undefined && a === b && Number.isFinite(a);
}
