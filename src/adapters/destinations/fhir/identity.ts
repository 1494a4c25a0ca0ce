import { createHash } from 'node:crypto';
import { canonicalJson, remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Reference, Resource } from './resources.ts';

/** Identifier of what was written under a key, and of a slot that a key has claimed; the value is the key's short form. */
export const KEY_SYSTEM = 'urn:vestibule:key';
/** Identifier of a slot that was not laid out by the practice's system: schedule and start time. */
export const SLOT_SYSTEM = 'urn:vestibule:slot';
/** Code system of the practice's services. */
export const SERVICE_SYSTEM = 'urn:vestibule:service';
const DIGEST_SYSTEM = 'urn:vestibule:digest';
const DIGEST_LETTERS = 32;

/** What a server adds or keeps in its own way. Everything else is what a person may see and change. */
const NOT_VISIBLE: ReadonlySet<string> = new Set([
  'id',
  'meta',
  'identifier',
  'implicitRules',
  'language',
  'text',
  'extension',
  'created',
  'authoredOn',
  'lastModified',
  'sent',
  'minutesDuration',
]);
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(?:Z|[+-]\d{2}:\d{2})$/;

/** `Patient/123` of a reference, also of an absolute or versioned one; null for one that only shows a name. */
export function targetOf(reference: Reference | undefined): string | null {
  const [match] = /[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?=$|\/_history\/)/.exec(reference?.reference ?? '') ?? [];
  return match ?? null;
}

/** The same moment and the same target in one form, however a server writes them. */
function plain(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(name, item));
  if (typeof value === 'string') {
    if (name === 'reference') return targetOf({ reference: value }) ?? value;
    return INSTANT.test(value) ? Date.parse(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, plain(inner, item)]));
}

function digestOf(resource: Resource): string {
  const visible = Object.entries(resource).filter(([name]) => !NOT_VISIBLE.has(name));
  return createHash('sha256')
    .update(canonicalJson(plain('', Object.fromEntries(visible))))
    .digest('hex')
    .slice(0, DIGEST_LETTERS);
}

const valuesIn = ({ identifier }: Resource, wanted: string): readonly string[] =>
  (identifier ?? []).flatMap(({ system, value }) => (system === wanted && value !== undefined ? [value] : []));

/** A resource with the identifier of a key and a digest of its content, by which an edit of a person is seen. */
export function signed<R extends Resource>(resource: R, key: string): R {
  const ours = [
    { system: KEY_SYSTEM, value: remoteIdOf(key) },
    { system: DIGEST_SYSTEM, value: digestOf(resource) },
  ];
  return { ...resource, identifier: ours };
}

/** The search that finds what was written under a key, as If-None-Exist wants it. */
export const keyQuery = (key: string): string => `identifier=${keyToken(key)}`;
export const keyToken = (key: string): string => `${KEY_SYSTEM}|${remoteIdOf(key)}`;

export function holdsKey(resource: Resource, key: string): boolean {
  return valuesIn(resource, KEY_SYSTEM).includes(remoteIdOf(key));
}

export function holdsAnyKey(resource: Resource): boolean {
  return valuesIn(resource, KEY_SYSTEM).length > 0;
}

export function holdsIdentifier(resource: Resource, system: string, value: string): boolean {
  return valuesIn(resource, system).includes(value);
}

/** True for a slot that this product entered into the schedule. */
export function isOwnSlot(resource: Resource): boolean {
  return valuesIn(resource, SLOT_SYSTEM).length > 0;
}

/** Whether someone changed what was written; null when the server did not keep the digest. */
export function wasEdited(resource: Resource): boolean | null {
  const [digest] = valuesIn(resource, DIGEST_SYSTEM);
  return digest === undefined ? null : digest !== digestOf(resource);
}
