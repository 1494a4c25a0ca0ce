import { readFileSync } from 'node:fs';
import { AppError } from '../../../base/app-error.ts';
import type { RecordKind, RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { RecordLinks } from '../../../ports/destination.ts';
import { fromHtml, toHtml } from './html-text.ts';
import { instantOf, utcWithoutZone } from './instant.ts';
import { createJsonContract } from './json-contract.ts';

/** How one kind of record is written in a destination. */
export interface RecordMapping {
  /** The type there: an object, table or model. */
  readonly target: string;
  /** Where it is written, when that is another place than where it stands: a staging table. */
  readonly writeTo?: string;
  /** The field that holds our key. */
  readonly keyField: string;
  /** Field there -> template, with placeholders such as `{name}`; a template that is one placeholder keeps the type of its value. */
  readonly fields: Readonly<Record<string, string>>;
  /** Words of the destination for rendered values, by field: `{"Priority": {"true": "High", "false": "Medium"}}`. */
  readonly choices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Fields that hold HTML: text is escaped for them, and compared as what a person reads there. */
  readonly html?: readonly string[];
  /** Fields that the destination changes by itself, so that a read-back does not compare them. */
  readonly notCompared?: readonly string[];
}

/** What is written of a record, and how it is compared. */
export type FieldRules = Pick<RecordMapping, 'fields' | 'choices' | 'html' | 'notCompared'>;

/** A mapping document: versioned, validated when it is read and in tests. Lies in `config/mappings`. */
export interface MappingDocument {
  readonly version: 1;
  readonly destination: string;
  readonly records: Readonly<Partial<Record<RecordKind, RecordMapping>>>;
}

export type FieldValue = string | number | boolean;

/**
 * Placeholders of mapping documents. Times are ISO 8601: `start` with the practice's offset, `startUtc` and `endUtc` in UTC; with `NoZone`
 * they are UTC in the form `2026-03-05 09:30:00`, for systems whose times carry no zone. `nowUtc`, the moment of writing, is never compared.
 */
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
  'startUtcNoZone',
  'endUtcNoZone',
  'minutes',
  'title',
  'text',
  'urgent',
  'contactId',
  'bookingId',
  'nowUtc',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

const MINUTE_MS = 60_000;
const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;
const known: ReadonlySet<string> = new Set(PLACEHOLDERS);

const recordSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['target', 'keyField', 'fields'],
  properties: {
    target: { type: 'string', minLength: 1 },
    writeTo: { type: 'string', minLength: 1 },
    keyField: { type: 'string', minLength: 1 },
    fields: { type: 'object', minProperties: 1, additionalProperties: { type: 'string', minLength: 1 } },
    choices: {
      type: 'object',
      additionalProperties: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
    },
    html: { type: 'array', items: { type: 'string' }, uniqueItems: true },
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

/** Names between braces that are no placeholders. */
export function strangePlaceholders(templates: readonly string[]): readonly string[] {
  const named = templates.flatMap((template) => [...template.matchAll(PLACEHOLDER)].map(([, name]) => name ?? ''));
  return named.filter((name) => !known.has(name));
}

/** The placeholder that a template is made of alone; null when there is text around it. */
export function wholePlaceholder(template: string): Placeholder | null {
  const name = /^\{([a-zA-Z]+)\}$/.exec(template)?.[1];
  return name !== undefined && known.has(name) ? (name as Placeholder) : null;
}

/** Reads a mapping document. Throws `config_invalid` naming the file and what is wrong in it. */
export function readMapping(path: string): MappingDocument {
  try {
    const mapping = document.read(readFileSync(path, 'utf8'));
    const [unknown] = strangePlaceholders(Object.values(mapping.records).flatMap(({ fields }) => Object.values(fields)));
    if (unknown !== undefined) throw new Error(`{${unknown}} is no placeholder; there are ${PLACEHOLDERS.join(', ')}`);
    for (const { fields, html, choices } of Object.values(mapping.records)) {
      const stray = [...(html ?? []), ...Object.keys(choices ?? {})].find((field) => !(field in fields));
      if (stray !== undefined) throw new Error(`${stray} is named in html or choices but is none of the fields`);
    }
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
      const endEpochMs = startEpochMs + minutes * MINUTE_MS;
      const times = {
        startUtc: new Date(startEpochMs).toISOString(),
        endUtc: new Date(endEpochMs).toISOString(),
        startUtcNoZone: utcWithoutZone(startEpochMs),
        endUtcNoZone: utcWithoutZone(endEpochMs),
      };
      return { ...person, service, serviceName, start, minutes, phone, ...times };
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
  mapping: FieldRules,
  record: {
    readonly key: string;
    readonly payload: RecordPayload;
    readonly links?: RecordLinks | undefined;
    readonly nowEpochMs?: number;
  },
): Readonly<Record<string, FieldValue>> {
  const { key, payload, links, nowEpochMs } = record;
  const values: Values = {
    ...valuesOf(payload),
    key,
    remoteKey: remoteIdOf(key),
    contactId: links?.contact ?? null,
    bookingId: links?.booking ?? null,
    nowUtc: nowEpochMs === undefined ? null : new Date(nowEpochMs).toISOString(),
  };
  const rendered: Record<string, FieldValue> = {};
  for (const [field, template] of Object.entries(mapping.fields)) {
    const whole = wholePlaceholder(template);
    const value =
      whole === null ? template.replaceAll(PLACEHOLDER, (_all, name: Placeholder) => String(values[name] ?? '')) : values[whole];
    if (value === undefined || value === null) continue;
    const chosen = mapping.choices?.[field]?.[String(value)] ?? value;
    rendered[field] = mapping.html?.includes(field) === true ? toHtml(String(chosen)) : chosen;
  }
  return rendered;
}

/**
 * Fields that the destination holds otherwise than rendered. Numbers and booleans are the same as their text: some systems keep text only.
 * So are texts that differ in their line ends or in blanks around them, which some systems change.
 */
export function differingFields(
  mapping: FieldRules,
  rendered: Readonly<Record<string, FieldValue>>,
  remote: Readonly<Record<string, unknown>>,
): readonly string[] {
  const skipped = new Set(mapping.notCompared ?? []);
  return Object.entries(rendered).flatMap(([field, value]) => {
    const held = remote[field];
    const plain = mapping.html?.includes(field) === true ? fromHtml : plainText;
    const same = isScalar(held) && (plain(String(held)) === plain(String(value)) || isSameInstant(held, value));
    return same || skipped.has(field) || mapping.fields[field]?.includes('{nowUtc}') === true ? [] : [field];
  });
}

const plainText = (text: string): string => text.replaceAll(/\r\n?/g, '\n').trim();

const isScalar = (value: unknown): value is FieldValue => ['string', 'number', 'boolean'].includes(typeof value);

/** Systems write the same moment in their own way: with another offset, without milliseconds, with `+0000`, in UTC without a zone. */
function isSameInstant(held: FieldValue, value: FieldValue): boolean {
  const moment = instantOf(String(held));
  return moment !== null && moment === instantOf(String(value));
}
