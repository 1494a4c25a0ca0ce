import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { createHttpClient, type HttpClient, type Trust } from './http-client.ts';
import { signedAssertion } from './oauth-assertion.ts';
import { createAccessTokens, type AccessTokens, type TokenRequest } from './oauth-token.ts';
import { createTokenBucket, UNLIMITED } from './token-bucket.ts';

/** How the client proves to the token endpoint who it is; the names are those of RFC 7591, section 2. */
export type ClientAuth =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: () => string }
  | {
      readonly method: 'private_key_jwt';
      /** PEM. */
      readonly privateKey: () => string;
      readonly keyId?: string | undefined;
      /** Whom the assertion is meant for; the address of the token endpoint when absent. */
      readonly audience?: string | undefined;
    };

/** A client of OAuth 2.0 as the configuration names it. Secrets are read whenever a token is fetched. */
export interface OauthClient extends Trust {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
  /** Client credentials (RFC 6749, section 4.4) when null, else a refresh token (section 6). */
  readonly refreshToken: (() => string) | null;
  readonly scope?: string | undefined;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 6749, section 2.3.1: both are encoded before they are put together. */
const basic = (clientId: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`;

/** RFC 7523, section 2.2, as SMART wants it (hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html). */
function clientAssertion(
  { clientId, tokenUrl }: OauthClient,
  auth: ClientAuth & { method: 'private_key_jwt' },
  nowEpochMs: number,
): string {
  const claims = { iss: clientId, sub: clientId, aud: auth.audience ?? tokenUrl, jti: randomUUID() };
  return signedAssertion(claims, { pem: auth.privateKey(), rsa: 'RS384', keyId: auth.keyId }, nowEpochMs);
}

function clientProof(client: OauthClient, nowEpochMs: number): TokenRequest {
  const { clientId, clientAuth } = client;
  switch (clientAuth.method) {
    case 'client_secret_basic':
      return { form: {}, headers: { authorization: basic(clientId, clientAuth.secret()) } };
    case 'client_secret_post':
      return { form: { client_id: clientId, client_secret: clientAuth.secret() } };
    case 'private_key_jwt':
      return {
        form: { client_assertion_type: ASSERTION_TYPE, client_assertion: clientAssertion(client, clientAuth, nowEpochMs) },
      };
  }
}

function tokenRequest(client: OauthClient, nowEpochMs: number): TokenRequest {
  const { refreshToken, scope } = client;
  const proof = clientProof(client, nowEpochMs);
  const grant: TokenRequest['form'] =
    refreshToken === null ? { grant_type: 'client_credentials' } : { grant_type: 'refresh_token', refresh_token: refreshToken() };
  return { ...proof, form: { ...grant, ...(scope === undefined ? {} : { scope }), ...proof.form } };
}

/** A connection per request, for tokens are seldom asked for. A token endpoint that wants to be left alone is not waited for. */
function createTokenHttp(clock: Clock, ca: Trust['ca']): Pick<HttpClient, 'send'> {
  const bucket = createTokenBucket(UNLIMITED, clock);
  return {
    send: async (call) => {
      if (bucket.free() === 0) return { type: 'failed', sent: false };
      const http = createHttpClient({ bucket, clock, ca });
      try {
        return await http.send(call);
      } finally {
        await http.close();
      }
    },
  };
}

/** Tokens of a client, fetched from its token endpoint. Asks for none before the first is needed. */
export function createOauthTokens(client: OauthClient, clock: Clock): AccessTokens {
  return createAccessTokens({
    url: new URL(client.tokenUrl),
    http: createTokenHttp(clock, client.ca),
    clock,
    request: () => tokenRequest(client, clock.epochMs()),
  });
}
