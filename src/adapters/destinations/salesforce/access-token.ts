import { sign } from 'node:crypto';
import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { answerOf } from '../http/classify.ts';
import type { HttpClient } from '../http/http-client.ts';
import { createJsonContract } from '../http/json-contract.ts';

/** Access of an integration user to one org. The key is read whenever a token is fetched, so that a mended file takes effect by itself. */
export interface SalesforceAccess {
  /** The org's My Domain, `https://NAME.my.salesforce.com`. All requests go there: an answer cannot send them elsewhere. */
  readonly url: string;
  /** Whom the signed claim is meant for; the My Domain when absent. */
  readonly audience?: string;
  /** Consumer key of the client app whose certificate belongs to the private key. */
  readonly clientId: string;
  /** Name of the integration user, for whom the app is approved beforehand. */
  readonly user: string;
  /** RSA key in PEM. */
  readonly privateKey: () => string;
}

/** Tokens of one access. */
export interface AccessTokens {
  /** The token in use, fetched when there is none. Throws as a destination's `check` does. Bounded by itself, so without a signal. */
  get(): Promise<string>;
  /** Forgets a token that was refused. */
  drop(token: string): void;
}

/** Life of a signed claim; Salesforce takes none that ends later than five minutes from now. */
const CLAIM_SECONDS = 180;
/** Longest wait for a token, in milliseconds. */
const FETCH_MS_MAX = 5000;
/** Age at which a token is fetched anew, in milliseconds: the answer names no life, which is the session time of the org's settings. */
const TOKEN_AGE_MS_MAX = 3_600_000;
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const tokenAnswer = createJsonContract<{ readonly access_token: string }>('the answer to the token request', {
  type: 'object',
  required: ['access_token'],
  properties: { access_token: { type: 'string', minLength: 1 } },
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The signed claim of RFC 7523, section 2.1. Throws `destination_unauthorized` when the key is none. */
function signedClaim(access: SalesforceAccess, nowEpochMs: number): string {
  const { clientId, user, url, audience } = access;
  const exp = Math.floor(nowEpochMs / 1000) + CLAIM_SECONDS;
  const claim = `${encoded({ alg: 'RS256' })}.${encoded({ iss: clientId, sub: user, aud: audience ?? new URL(url).origin, exp })}`;
  const key = access.privateKey();
  try {
    return `${claim}.${sign('sha256', Buffer.from(claim), key).toString('base64url')}`;
  } catch (cause) {
    throw new AppError('destination_unauthorized', 'the private key for Salesforce cannot be used', { cause });
  }
}

/** The OAuth 2.0 JWT bearer flow (RFC 7523), one token at a time for everyone who asks. */
export function createAccessTokens(access: SalesforceAccess, http: HttpClient, clock: Clock): AccessTokens {
  let current: { readonly token: string; readonly fetchedAtMs: number } | null = null;
  let fetching: Promise<string> | null = null;
  const fetchToken = async (): Promise<string> => {
    const body = new URLSearchParams({ grant_type: GRANT, assertion: signedClaim(access, clock.epochMs()) }).toString();
    const result = await http.send({
      method: 'POST',
      url: new URL('/services/oauth2/token', access.url),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
      signal: AbortSignal.timeout(FETCH_MS_MAX),
    });
    // A claim that is not accepted is a 400 (RFC 6749, section 5.2).
    const answer = answerOf(result, [200, 400]);
    if (answer.status === 400) throw new AppError('destination_unauthorized', 'Salesforce refused the signed claim');
    const token = tokenAnswer.read(answer.body).access_token;
    current = { token, fetchedAtMs: clock.monotonicMs() };
    return token;
  };
  return {
    get: async () => {
      if (current !== null && clock.monotonicMs() - current.fetchedAtMs < TOKEN_AGE_MS_MAX) return current.token;
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
