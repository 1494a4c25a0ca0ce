import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { answerOf, unreachable } from './classify.ts';
import type { HttpAnswer, HttpClient, HttpResult } from './http-client.ts';
import { createJsonContract } from './json-contract.ts';

/** Access tokens of one client, of OAuth 2.0 (RFC 6749). */
export interface AccessTokens {
  /**
   * The token in use, fetched when there is none. Throws as a destination's `check` does, what reading a secret throws, and
   * `refresh_token_replaced`. Bounded by itself, so without a signal.
   */
  get(): Promise<string>;
  /** Forgets a token that was refused. */
  drop(token: string): void;
}

/** One request for a token (RFC 6749, section 4.4.2, 6, or RFC 7523, section 2.1). */
export interface TokenRequest {
  readonly form: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TokenSource {
  readonly url: URL;
  readonly http: Pick<HttpClient, 'send'>;
  readonly clock: Clock;
  /** Made for every request anew, so that a mended secret takes effect by itself. */
  readonly request: () => TokenRequest;
}

/** Longest wait for a token, in milliseconds. */
const FETCH_MS_MAX = 5000;
/** Life of a token whose answer names none, in seconds; one that lives shorter is refused by then, and fetched anew. */
const LIFE_SECONDS = 3600;
/** How long before its end a token is fetched anew, in milliseconds, but never in the first half of its life. */
const MARGIN_MS = 60_000;
const UNAUTHORIZED = 401;
/** Codes by which some servers say in a 400 that they are busy. */
const BUSY: ReadonlySet<string> = new Set(['temporarily_unavailable', 'server_error']);

interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in?: number | string;
  readonly refresh_token?: string;
}

/** RFC 6749, section 5.1. A token of another type is not used (section 7.1); some servers write the seconds as text. */
const tokenAnswer = createJsonContract<TokenAnswer>('the answer to the token request', {
  type: 'object',
  required: ['access_token', 'token_type'],
  properties: {
    access_token: { type: 'string', pattern: '^[\\x20-\\x7e]+$' },
    token_type: { type: 'string', pattern: '^[Bb][Ee][Aa][Rr][Ee][Rr]$' },
    expires_in: { type: ['number', 'string'], minimum: 0, pattern: '^[0-9]+$' },
    refresh_token: { type: 'string', minLength: 1 },
  },
});

/** RFC 6749, section 5.2. The description is not read: it may name people. */
const errorAnswer = createJsonContract<{ readonly error: string }>('the refusal of the token request', {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string', pattern: '^[a-z_-]{1,40}$' } },
});

const replaced = (): AppError =>
  new AppError('refresh_token_replaced', 'the token endpoint gives another refresh token with its answer, which is not kept');

function refusalOf(answer: HttpAnswer): AppError {
  const { error } = errorAnswer.read(answer.body);
  if (BUSY.has(error)) return busy(answer);
  return new AppError('destination_unauthorized', `the token endpoint refused the client or its grant (${error})`, { details: { error } });
}

function busy({ status, retryAfterMs }: HttpAnswer): AppError {
  const details = retryAfterMs === null ? { status } : { status, retryAfterMs };
  return new AppError('destination_unreachable', `the token endpoint is busy (${status})`, { details });
}

function tokenIn(result: HttpResult): TokenAnswer {
  if (result.type === 'failed') throw unreachable(result, 'the token endpoint');
  const { status, body } = result.answer;
  if (status === 429 || status >= 500) throw busy(result.answer);
  if (status === 400 || (status === UNAUTHORIZED && body.startsWith('{'))) throw refusalOf(result.answer);
  return tokenAnswer.read(answerOf(result, [200]).body);
}

function usableMs({ expires_in: seconds = LIFE_SECONDS }: TokenAnswer): number {
  const lifeMs = Number(seconds) * 1000;
  return lifeMs - Math.min(MARGIN_MS, lifeMs / 2);
}

/**
 * Fetches tokens, one at a time for everyone who asks. Answers of the token endpoint mean: 400 and 401 `destination_unauthorized`; 429, 5xx
 * and none at all `destination_unreachable`; whatever is not as RFC 6749 says `destination_misbehaved`. A refresh token that the endpoint
 * replaces is refused (`refresh_token_replaced`): several processes read the one of the configuration, and none of them writes it.
 */
export function createAccessTokens({ url, http, clock, request }: TokenSource): AccessTokens {
  let current: { readonly token: string; readonly untilMs: number } | null = null;
  let fetching: Promise<string> | null = null;
  let replacedToken: string | null = null;
  const fetchToken = async (): Promise<string> => {
    const { form, headers } = request();
    const { refresh_token: sent = null } = form;
    if (sent !== null && sent === replacedToken) throw replaced();
    const askedAtMs = clock.monotonicMs();
    const result = await http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...headers },
      body: new URLSearchParams(form).toString(),
      signal: AbortSignal.timeout(FETCH_MS_MAX),
    });
    const answer = tokenIn(result);
    if (sent !== null && (answer.refresh_token ?? sent) !== sent) {
      replacedToken = sent;
      throw replaced();
    }
    current = { token: answer.access_token, untilMs: askedAtMs + usableMs(answer) };
    return answer.access_token;
  };
  return {
    get: async () => {
      if (current !== null && clock.monotonicMs() < current.untilMs) return current.token;
      fetching ??= fetchToken().finally(() => {
        fetching = null;
      });
      return fetching;
    },
    drop: (token) => {
      if (current?.token === token) current = null;
    },
  };
}

/**
 * Sends every request with an access token. One that is refused (401: nothing was done) is dropped, and the request goes out once more with
 * a new one. Other than its client `send` throws: what comes of a token that cannot be had, and nothing was done then.
 */
export function withAccessToken(http: HttpClient, tokens: AccessTokens): HttpClient {
  return {
    ...http,
    send: async (call) => {
      const once = (token: string): Promise<HttpResult> =>
        http.send({ ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } });
      const token = await tokens.get();
      const result = await once(token);
      if (result.type === 'failed' || result.answer.status !== UNAUTHORIZED) return result;
      tokens.drop(token);
      return once(await tokens.get());
    },
  };
}
