import type { BookingPayload, ContactPayload } from '../../../domain/writeback/intent.ts';
import { fromHtml } from './html-text.ts';
import { instantOf } from './instant.ts';
import type { RecordMapping } from './mapping.ts';

/** Kinds of records that can be read without knowing what was written. */
export type RecoverableKind = 'contact' | 'booking';
type Recovered = ContactPayload | BookingPayload;

interface Remote {
  readonly mapping: RecordMapping;
  readonly fields: Readonly<Record<string, unknown>>;
}
type Parts = Readonly<Partial<Record<'name' | 'phone' | 'service' | 'serviceName' | 'start' | 'minutes', string>>>;

const MINUTE_MS = 60_000;
const WHOLE = /^\{([a-zA-Z]+)\}$/;
/** A line of a text such as "Phone: {phone}". */
const LINE = /^([^{}]+)\{([a-zA-Z]+)\}$/;

/**
 * What a record says now: its fields first, and the lines of its texts for what no field holds. Null when that is not enough for one of
 * ours.
 */
export function currentPayload(kind: RecoverableKind, remote: Remote): Recovered | null {
  return payloadOf(kind, { ...partsOf(lineValues(remote)), ...partsOf(fieldValues(remote)) });
}

type Values = Readonly<Record<string, string>>;

function textOf({ mapping, fields }: Remote, field: string): string {
  const held = fields[field];
  const text = typeof held === 'string' || typeof held === 'number' ? String(held) : '';
  return mapping.html?.includes(field) === true ? fromHtml(text) : text;
}

function fieldValues(remote: Remote): Values {
  const values: Record<string, string> = {};
  for (const [field, template] of Object.entries(remote.mapping.fields)) {
    const name = WHOLE.exec(template)?.[1];
    const held = textOf(remote, field);
    // A word of the destination stands for a value of ours.
    const text = Object.entries(remote.mapping.choices?.[field] ?? {}).find(([, word]) => word === held)?.[0] ?? held;
    if (name !== undefined && text !== '') values[name] ??= text;
  }
  return values;
}

function lineValues(remote: Remote): Values {
  const values: Record<string, string> = {};
  for (const [field, template] of Object.entries(remote.mapping.fields)) {
    const held = textOf(remote, field).split(/\r\n?|\n/);
    for (const line of WHOLE.test(template) ? [] : template.split('\n')) {
      const [, label = '', name] = LINE.exec(line) ?? [];
      const text = held.find((candidate) => candidate.startsWith(label))?.slice(label.length);
      if (name !== undefined && text !== undefined && text !== '') values[name] ??= text;
    }
  }
  return values;
}

function partsOf(values: Values): Parts {
  const { phone, service, serviceName, familyName, givenName } = values;
  const name = values['name'] ?? (familyName === undefined ? undefined : [givenName, familyName].filter(Boolean).join(' '));
  const startEpochMs = instantOf(values['startUtc'] ?? values['startUtcNoZone'] ?? '');
  const endEpochMs = instantOf(values['endUtc'] ?? values['endUtcNoZone'] ?? '');
  const start = startEpochMs === null ? values['start'] : new Date(startEpochMs).toISOString();
  const minutes = startEpochMs === null || endEpochMs === null ? values['minutes'] : String((endEpochMs - startEpochMs) / MINUTE_MS);
  return Object.fromEntries(
    Object.entries({ name, phone, service, serviceName, start, minutes }).filter(([, value]) => value !== undefined),
  ) as Parts;
}

function payloadOf(kind: RecoverableKind, { name, phone, service, serviceName, start, minutes }: Parts): Recovered | null {
  if (name === undefined || phone === undefined) return null;
  if (kind === 'contact') return { kind, name, phone };
  const length = Number(minutes);
  if (service === undefined || serviceName === undefined || start === undefined) return null;
  if (instantOf(start) === null || minutes === undefined || !Number.isFinite(length)) return null;
  return { kind, service, serviceName, start, minutes: length, name, phone, reason: null };
}
