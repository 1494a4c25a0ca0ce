import { createHash } from 'node:crypto';
import type { Intent, IntentKind, OpPayload } from './intent.ts';

/** Letters of RFC 4648 base32 in lower case: safe in addresses, UIDs and job ids. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const REMOTE_ID_LENGTH = 26;

/** Names the intent, not the attempt: `v1.tenant.call.seq.kind`. A repeat of the same intent has the same key, for ever. */
export function opKey(intent: Intent): string {
  return `v1.${intent.tenant}.${intent.call}.${intent.seq}.${intent.payload.kind}`;
}

/** JSON with sorted names and without undefined values: equal contents give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`;
}

/** SHA-256, in hex, of the canonical content. */
export function fingerprintOf(payload: OpPayload): string {
  return createHash('sha256').update(canonicalJson(payload)).digest('hex');
}

/** Id of the record in a destination: base32 of the key's SHA-256, cut to 26 letters (130 bits); fits a UID and an external id. */
export function remoteIdOf(key: string): string {
  const digest = createHash('sha256').update(key).digest();
  let bits = 0n;
  for (const byte of digest) bits = (bits << 8n) | BigInt(byte);
  const letters: string[] = [];
  for (let index = 0; index < REMOTE_ID_LENGTH; index += 1) {
    letters.push(BASE32[Number((bits >> BigInt(256 - 5 * (index + 1))) & 31n)] ?? '');
  }
  return letters.join('');
}

/** Where operations of a kind are written: the id of the destination. */
export function destinationOf(kind: IntentKind): 'calendar' | 'inbox' {
  return kind === 'message' ? 'inbox' : 'calendar';
}
