import { answerOf, statusError } from '../http/classify.ts';
import type { HttpClient, HttpResult, Trust } from '../http/http-client.ts';
import { childrenOf, parseXml, textAt } from './xml.ts';

/** Access to one calendar collection. The password is read at every request, so that a mended file takes effect by itself. */
export interface CalendarAccess extends Trust {
  /** Address of the collection, with a slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly password: () => string;
}

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
    readonly traceparent?: string | undefined;
  }): Promise<HttpResult>;
  /** A calendar-query. Throws `destination_unreachable`, `destination_unauthorized`, `destination_misbehaved`. */
  report(body: string, signal: AbortSignal): Promise<readonly CalendarObject[]>;
  close(): Promise<void>;
}

/** A calendar of `access`, over a client whose bucket is the credential's. */
export function createDavClient(access: CalendarAccess, http: HttpClient): DavClient {
  const send: DavClient['send'] = ({ method, href, headers, body, signal, traceparent }) => {
    const authorization = `Basic ${Buffer.from(`${access.user}:${access.password()}`).toString('base64')}`;
    const url = new URL(href, access.url);
    return http.send({ method, url, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }), signal, traceparent });
  };
  const report: DavClient['report'] = async (body, signal) => {
    const result = await send({
      method: 'REPORT',
      href: access.url,
      headers: { depth: '1', 'content-type': 'application/xml; charset=utf-8' },
      body,
      signal,
    });
    return objectsOf(answerOf(result, [207]).body);
  };
  return { send, report, close: () => http.close() };
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
