import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../domain/writeback/op-key.ts';
import { fromHtml } from '../http/html-text.ts';
import { instantOf } from '../http/instant.ts';
import type { RestRecord } from './rest-mapping.ts';

const DIGEST_LETTERS = 32;

/** One form for what systems write in their own way: moments in UTC, numbers as text, line ends and blanks around a text. */
function canonical(value: unknown, isHtml: boolean): string {
  const text = isHtml ? fromHtml(String(value)) : String(value).replaceAll(/\r\n?/g, '\n').trim();
  const epochMs = instantOf(text);
  return epochMs === null ? text : new Date(epochMs).toISOString();
}

/** A hash of the fields of a record: a record whose fields have another one than it carries was changed by a person. */
export function digestOf(record: RestRecord, fields: Readonly<Record<string, unknown>>): string {
  const skipped = new Set(record.notCompared ?? []);
  const entries = Object.entries(record.fields).flatMap(([pointer, template]) => {
    const value = fields[pointer];
    if (skipped.has(pointer) || template.includes('{nowUtc}') || value === undefined || value === null || value === '') return [];
    return [[pointer, canonical(value, record.html?.includes(pointer) === true)] as const];
  });
  return createHash('sha256')
    .update(canonicalJson(Object.fromEntries(entries)))
    .digest('hex')
    .slice(0, DIGEST_LETTERS);
}
