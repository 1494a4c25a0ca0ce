import { AppError } from '../../../base/app-error.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { Logger } from '../../../ports/logger.ts';
import { answerOf, statusError } from '../http/classify.ts';
import type { HttpAnswer, HttpClient, HttpResult } from '../http/http-client.ts';
import { withAccessToken, type AccessTokens } from '../http/oauth-token.ts';
import type { TokenBucket } from '../http/token-bucket.ts';

export interface SalesforceCall {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  /** Below `/services/data/vXX.X/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Requests to one org, each with a token that is fetched when needed. */
export interface SalesforceClient {
  /** Throws as a destination's `check` does when no token can be had: then nothing was sent. */
  send(call: SalesforceCall, options: DestinationOptions): Promise<HttpResult>;
  /** A question: the answer, when its status is one of those expected. Throws as a destination's `check` does. */
  ask(path: string, expected: readonly number[], options: DestinationOptions): Promise<HttpAnswer>;
}

export interface SalesforceClientParts {
  readonly url: string;
  readonly http: HttpClient;
  readonly tokens: AccessTokens;
  readonly bucket: TokenBucket;
  readonly log: Logger;
}

/** The Duplicate Rule Header that is sent came with version 52. */
const API_VERSION = 'v64.0';
/** Share of the org's requests in 24 hours from which on the log warns. */
const USAGE_WARNING = 0.8;
/** Pause after a refusal for want of requests, which names no time: the count is of the last 24 hours, and falls all the time. */
export const REQUEST_LIMIT_WAIT_MS = 30_000;

/** The codes in the error list of an answer; empty when it is none. */
export function errorCodesOf({ body, isHtml }: Pick<HttpAnswer, 'body' | 'isHtml'>): readonly string[] {
  if (isHtml) return [];
  try {
    const errors: unknown = JSON.parse(body);
    if (!Array.isArray(errors)) return [];
    return errors.flatMap((error: unknown) => {
      const code = typeof error === 'object' && error !== null && 'errorCode' in error ? error.errorCode : null;
      return typeof code === 'string' ? [code] : [];
    });
  } catch {
    return [];
  }
}

/** True when the org has no requests left: those of 24 hours, or those that may run long at once. */
export const isOutOfRequests = (answer: HttpAnswer): boolean => errorCodesOf(answer).includes('REQUEST_LIMIT_EXCEEDED');

export function createSalesforceClient(parts: SalesforceClientParts): SalesforceClient {
  const { url, tokens, bucket, log } = parts;
  const http = withAccessToken(parts.http, tokens);
  let warned = false;
  const note = (answer: HttpAnswer): void => {
    if (isOutOfRequests(answer)) bucket.pause(REQUEST_LIMIT_WAIT_MS);
    const [, used, limit] = /\bapi-usage=(\d+)\/(\d+)/.exec(answer.header('sforce-limit-info') ?? '') ?? [];
    if (used === undefined || limit === undefined) return;
    const isHigh = Number(used) >= Number(limit) * USAGE_WARNING;
    if (isHigh && !warned) log.warn('the org has used most of its requests of 24 hours', { used: Number(used), limit: Number(limit) });
    warned = isHigh;
  };
  const send: SalesforceClient['send'] = async ({ method, path, headers, body }, options) => {
    const result = await http.send({
      method,
      url: new URL(`/services/data/${API_VERSION}/${path}`, url),
      headers: { accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
      signal: options.signal,
      traceparent: options.traceparent,
    });
    if (result.type === 'answered') note(result.answer);
    return result;
  };
  return {
    send,
    ask: async (path, expected, options) => {
      const result = await send({ method: 'GET', path }, options);
      if (result.type === 'answered' && isOutOfRequests(result.answer))
        throw new AppError('destination_unreachable', 'the org has no requests left for now', {
          details: { retryAfterMs: REQUEST_LIMIT_WAIT_MS },
        });
      const answer = answerOf(result, expected);
      // "Not there" is believed only of an answer of the API itself.
      if (answer.status === 404 && !errorCodesOf(answer).includes('NOT_FOUND')) throw statusError(answer);
      return answer;
    },
  };
}
