/** One SIP header as it stood in the message; names are spelled out and lower case. */
export type SipHeader = readonly [name: string, value: string];

export type SipStart =
  | { readonly type: 'request'; readonly method: string; readonly uri: string }
  | { readonly type: 'response'; readonly status: number; readonly reason: string };

export interface SipMessage {
  readonly start: SipStart;
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

/** Compact header forms (RFC 3261 §7.3.3). */
const LONG_NAMES: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  m: 'contact',
  i: 'call-id',
  l: 'content-length',
  c: 'content-type',
  k: 'supported',
  s: 'subject',
  e: 'content-encoding',
};
/** Headers whose values may be listed in one line, separated by commas, and whose order matters to us. */
const LISTED: ReadonlySet<string> = new Set(['via', 'route', 'record-route', 'contact']);

/** Splits a header list at commas outside of quotes and angle brackets. */
function splitList(value: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < value.length; i += 1) {
    const sign = value[i];
    if (sign === '"') quoted = !quoted;
    if (quoted) continue;
    if (sign === '<') depth += 1;
    if (sign === '>') depth -= 1;
    if (sign === ',' && depth === 0) {
      parts.push(value.slice(start, i).trim());
      start = i + 1;
    }
  }
  return [...parts, value.slice(start).trim()];
}

function parseStart(line: string): SipStart | null {
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(line);
  if (response !== null) return { type: 'response', status: Number(response[1]), reason: response[2] ?? '' };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(line);
  return request === null ? null : { type: 'request', method: request[1] ?? '', uri: request[2] ?? '' };
}

/** Reads a SIP datagram (RFC 3261); null when it is none. */
export function parseSip(text: string): SipMessage | null {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const start = parseStart(lines[0] ?? '');
  if (start === null) return null;
  const headers: SipHeader[] = [];
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const short = line.slice(0, colon).trim().toLowerCase();
    const name = LONG_NAMES[short] ?? short;
    const value = line.slice(colon + 1).trim();
    for (const part of LISTED.has(name) ? splitList(value) : [value]) headers.push([name, part]);
  }
  return { start, headers, body: rest.join('\r\n\r\n') };
}

export function formatSip(message: SipMessage): string {
  const { start } = message;
  const first = start.type === 'request' ? `${start.method} ${start.uri} SIP/2.0` : `SIP/2.0 ${start.status} ${start.reason}`;
  const lines = message.headers.map(([name, value]) => `${name.replace(/(^|-)[a-z]/g, (sign) => sign.toUpperCase())}: ${value}`);
  return [first, ...lines, `Content-Length: ${Buffer.byteLength(message.body)}`, '', message.body].join('\r\n');
}

export const headersOf = (message: SipMessage, name: string): readonly string[] =>
  message.headers.filter(([have]) => have === name).map(([, value]) => value);
export const headerOf = (message: SipMessage, name: string): string => headersOf(message, name)[0] ?? '';

/** A `;name=value` parameter of a header; empty when absent. */
export function paramOf(value: string, name: string): string {
  return new RegExp(`;\\s*${name}=("?)([^;",>\\s]*)\\1`, 'i').exec(value)?.[2] ?? '';
}

/** The address inside `"Name" <sip:…>;tag=…`. */
export function uriOf(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';
}

/** The user part of a SIP address, or null. */
export const userOf = (value: string): string | null => /^sips?:([^@;]+)@/.exec(uriOf(value))?.[1] ?? null;

/** Where a SIP address is reached by UDP; only literal addresses and localhost, the phone never asks a name server. */
export function hostPortOf(uri: string): { readonly host: string; readonly port: number } | null {
  const match = /^sips?:(?:[^@]*@)?([^:;>?\s]+)(?::(\d+))?/.exec(uri);
  return match === null ? null : { host: match[1] ?? '', port: Number(match[2] ?? 5060) };
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

export function cseqOf(message: SipMessage): CSeq {
  const [number = '0', method = ''] = headerOf(message, 'cseq').split(/\s+/);
  return { number: Number(number), method };
}
