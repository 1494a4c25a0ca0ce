import { Pool } from 'undici';
import { AppError } from '../../base/app-error.ts';
import type { Logger } from '../../ports/logger.ts';

/** Where Asterisk's HTTP server is and who we are there. */
export interface AriAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Time for one ARI request in milliseconds; answers usually come within one. */
const REQUEST_MS_MAX = 3000;
/** Keep-alive connections; more requests wait for one of them. */
const CONNECTIONS_MAX = 8;

export type AriQuery = Readonly<Record<string, string | number>>;

export interface AriRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below /ari, already encoded. */
  readonly path: string;
  readonly query?: AriQuery;
  readonly body?: unknown;
}

export interface AriAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Commands over keep-alive HTTP. 404 is an answer (the channel is gone); 401 throws `ari_unauthorized`, others `ari_request_failed`. */
export interface AriClient {
  request(request: AriRequest, options: { readonly signal: AbortSignal }): Promise<AriAnswer>;
  close(): Promise<void>;
}

export function authorization(address: AriAddress): string {
  return `Basic ${Buffer.from(`${address.user}:${address.password}`).toString('base64')}`;
}

/** Gone, in the ways Asterisk says it: 404 not found, 409 not in Stasis any more, 412 not up. */
export function isGone(answer: AriAnswer): boolean {
  return answer.status === 404 || answer.status === 409 || answer.status === 412;
}

export function createAriClient(address: AriAddress, log: Logger): AriClient {
  const pool = new Pool(`http://${address.host}:${address.port}`, {
    connections: CONNECTIONS_MAX,
    headersTimeout: REQUEST_MS_MAX,
    bodyTimeout: REQUEST_MS_MAX,
    connect: { timeout: 1000 },
  });
  const headers = { authorization: authorization(address), 'content-type': 'application/json' };
  return {
    request: async ({ method, path, query, body }, { signal }) => {
      const search =
        query === undefined
          ? ''
          : `?${new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)])).toString()}`;
      let status: number;
      let text: string;
      try {
        const answer = await pool.request({
          method,
          path: `/ari${path}${search}`,
          headers,
          signal,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        status = answer.statusCode;
        text = await answer.body.text();
      } catch (cause) {
        throw new AppError('ari_request_failed', `${method} ${path} got no answer`, { cause });
      }
      if (status === 401 || status === 403)
        throw new AppError('ari_unauthorized', `Asterisk refused the ARI user ${address.user}`, { details: { status } });
      const parsed: unknown = text === '' ? null : JSON.parse(text);
      if (status >= 400 && !isGone({ status, body: null })) {
        log.warn('ari request failed', { method, path, status, answer: text.slice(0, 200) });
        throw new AppError('ari_request_failed', `${method} ${path} answered ${status}`, { details: { status } });
      }
      return { status, body: parsed };
    },
    close: () => pool.destroy(),
  };
}
