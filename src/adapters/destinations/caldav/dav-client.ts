import { Agent, request } from 'undici';
import { AppError } from '../../../base/app-error.ts';
import { childrenOf, parseXml, textAt } from './xml.ts';

/** Access to one calendar collection. The password is read at every request, so that a mended file takes effect by itself. */
export interface CalendarAccess {
  /** Address of the collection, with a slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly password: () => string;
}

export interface DavAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly isHtml: boolean;
  readonly retryAfterMs: number | null;
  readonly body: string;
}

/** `sent` false: the server never saw the request. */
export type DavResult = { readonly type: 'answered'; readonly answer: DavAnswer } | { readonly type: 'failed'; readonly sent: boolean };

/** One object of the calendar as a REPORT gives it. */
export interface CalendarObject {
  readonly href: string;
  readonly etag: string | null;
  readonly data: string;
}

export interface DavClient {
  send(call: {
    readonly method: 'GET' | 'PUT' | 'DELETE' | 'REPORT' | 'PROPFIND';
    readonly href: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
  }): Promise<DavResult>;
  /** A calendar-query. Throws `destination_unreachable`, `destination_unauthorized`, `destination_misbehaved`. */
  report(body: string, signal: AbortSignal): Promise<readonly CalendarObject[]>;
  close(): Promise<void>;
}

const CONNECT_MS_MAX = 2000;
const CONNECTIONS_MAX = 8;
/** Largest answer that is read, in bytes. */
const BODY_BYTES_MAX = 16_777_216;
const RETRY_AFTER_MS_MAX = 3_600_000;

/** System and client errors that come before a byte of the request has left. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3). */
function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX) : null;
}

const first = (value: string | readonly string[] | undefined): string | undefined => (typeof value === 'string' ? value : value?.[0]);

export function createDavClient(access: CalendarAccess, now: () => number): DavClient {
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS_MAX }, connections: CONNECTIONS_MAX, maxResponseSize: BODY_BYTES_MAX });
  const send: DavClient['send'] = async ({ method, href, headers, body, signal }) => {
    const authorization = `Basic ${Buffer.from(`${access.user}:${access.password()}`).toString('base64')}`;
    try {
      const answer = await request(new URL(href, access.url), {
        // REPORT is not in undici's list of HTTP methods, which it does not enforce.
        method: method as 'GET',
        headers: { authorization, ...headers },
        ...(body === undefined ? {} : { body }),
        signal,
        dispatcher,
      });
      const text = await answer.body.text();
      const isHtml = (first(answer.headers['content-type']) ?? '').includes('html');
      const wait = retryAfterMs(first(answer.headers['retry-after']), now());
      return {
        type: 'answered',
        answer: { status: answer.statusCode, etag: first(answer.headers['etag']) ?? null, isHtml, retryAfterMs: wait, body: text },
      };
    } catch (error) {
      return { type: 'failed', sent: !NOT_SENT.has(codeOf(error)) };
    }
  };
  const report: DavClient['report'] = async (body, signal) => {
    const result = await send({
      method: 'REPORT',
      href: access.url,
      headers: { depth: '1', 'content-type': 'application/xml; charset=utf-8' },
      body,
      signal,
    });
    if (result.type === 'failed') throw unreachableServer();
    if (result.answer.status !== 207 || result.answer.isHtml) throw statusError(result.answer);
    return objectsOf(result.answer.body);
  };
  return { send, report, close: () => dispatcher.close() };
}

export function unreachableServer(): AppError {
  return new AppError('destination_unreachable', 'the calendar server does not answer');
}

/** What a status other than the expected one means. */
export function statusError({ status, isHtml }: Pick<DavAnswer, 'status' | 'isHtml'>): AppError {
  const details = { status };
  if (status === 401 || status === 403)
    return new AppError('destination_unauthorized', 'the calendar server refused the user or password', { details });
  if (status === 429 || status === 503)
    return new AppError('destination_unreachable', `the calendar server is busy (${status})`, { details });
  const what = isHtml ? `an HTML page (${status})` : `status ${status}`;
  return new AppError('destination_misbehaved', `the calendar server answered with ${what}`, { details });
}

function objectsOf(body: string): readonly CalendarObject[] {
  const root = parseXml(body);
  if (root.name !== 'multistatus') throw statusError({ status: 207, isHtml: root.name === 'html' });
  return childrenOf(root, 'response').flatMap((response) => {
    const href = textAt(response, 'href')?.trim();
    const data = textAt(response, 'propstat', 'prop', 'calendar-data');
    if (href === undefined || data === null) return [];
    return [{ href, etag: textAt(response, 'propstat', 'prop', 'getetag'), data }];
  });
}
