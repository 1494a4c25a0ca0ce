/**
 * Stands for the token endpoint of an authorisation server (RFC 6749, RFC 7523): clients prove themselves with a secret (by HTTP Basic or in
 * the body) or with a signed assertion, each of which is good once; grants are client_credentials and refresh_token. Tokens end by the given
 * clock, and can be revoked; refresh tokens can be replaced with every use. Leaves out everything that a user sees, and other grants.
 */
import { createPublicKey, verify } from 'node:crypto';
import { startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';

export type RegisteredClient = { readonly id: string; readonly scopes?: readonly string[] } & (
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly publicKey: string; readonly keyId: string; readonly algorithm: 'RS384' | 'ES384' }
);

export interface AuthorizationServer {
  readonly tokenUrl: string;
  /** What the next tokens live for, in seconds; null when the server does not say. */
  lifeSeconds: number | null;
  /** The user takes the grant back; another refresh token is good from now on. */
  refreshToken: string;
  /** Every use of a refresh token makes another one good in its place. */
  replacesRefreshTokens: boolean;
  /** Tokens that were given out. */
  count(): number;
  /** Requests that came, also refused ones. */
  requests(): number;
  isLive(token: string): boolean;
  /** No token that was given out is good any more. */
  revokeAll(): void;
  /** Instead of what it would say, the server answers the next request with this. */
  answerNext(answer: JsonAnswer): void;
  /** Requests wait until `release`. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

interface Options {
  readonly client: RegisteredClient;
  readonly now: () => number;
  /** The next token; a counted one when absent. */
  readonly issue?: () => string;
}

/** Longest life of an assertion (hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html). */
const ASSERTION_SECONDS_MAX = 300;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const refused = (status: number, error: string): JsonAnswer => ({ status, body: { error, error_description: 'Practice of Laura Becker' } });
const parsed = (part = ''): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;

type Signing = RegisteredClient & { readonly method: 'private_key_jwt' };

/** True for an assertion of this client for this endpoint that was not used before. */
function isAssertion(
  text: string,
  client: Signing,
  { tokenUrl, now, used }: { tokenUrl: string; now: number; used: Set<unknown> },
): boolean {
  const [head, body, signature = ''] = text.split('.');
  const [header, claims] = [parsed(head), parsed(body)];
  if (header['alg'] !== client.algorithm || header['typ'] !== 'JWT' || header['kid'] !== client.keyId) return false;
  const key = { key: createPublicKey(client.publicKey), dsaEncoding: 'ieee-p1363' } as const;
  if (!verify('sha384', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) return false;
  const leftSeconds = Number(claims['exp']) - now / 1000;
  const isFresh = leftSeconds > 0 && leftSeconds <= ASSERTION_SECONDS_MAX && typeof claims['jti'] === 'string' && !used.has(claims['jti']);
  used.add(claims['jti']);
  return isFresh && claims['iss'] === client.id && claims['sub'] === client.id && claims['aud'] === tokenUrl;
}

/** Starts the server on a loopback port. */
export async function startAuthorizationServer({ client, now, issue }: Options): Promise<AuthorizationServer> {
  const live = new Map<string, number>();
  const odd: JsonAnswer[] = [];
  const used = new Set<unknown>();
  let [given, asked] = [0, 0];
  let released = Promise.resolve();
  let release = (): void => undefined;
  const nextToken = issue ?? ((): string => `token-${given}`);

  const isClient = (form: URLSearchParams, { headers }: JsonRequest): boolean => {
    switch (client.method) {
      case 'client_secret_basic': {
        const [id = '', secret = ''] = Buffer.from(String(headers.authorization).replace(/^Basic /, ''), 'base64')
          .toString('utf8')
          .split(':');
        return decodeURIComponent(id) === client.id && decodeURIComponent(secret) === client.secret && !form.has('client_secret');
      }
      case 'client_secret_post':
        return form.get('client_id') === client.id && form.get('client_secret') === client.secret && headers.authorization === undefined;
      case 'private_key_jwt':
        return (
          form.get('client_assertion_type') === ASSERTION_TYPE &&
          isAssertion(form.get('client_assertion') ?? '', client, { tokenUrl: server.tokenUrl, now: now(), used })
        );
    }
  };
  const answer = (request: JsonRequest): JsonAnswer => {
    const strange = odd.shift();
    if (strange !== undefined) return strange;
    if (request.method !== 'POST' || request.headers['content-type'] !== 'application/x-www-form-urlencoded')
      return refused(400, 'invalid_request');
    const form = new URLSearchParams(request.text);
    if (!isClient(form, request)) return refused(401, 'invalid_client');
    const scope = form.get('scope');
    if (scope !== null && client.scopes?.includes(scope) !== true) return refused(400, 'invalid_scope');
    const grant = form.get('grant_type');
    if (grant !== 'client_credentials' && grant !== 'refresh_token') return refused(400, 'unsupported_grant_type');
    if (grant === 'refresh_token' && form.get('refresh_token') !== server.refreshToken) return refused(400, 'invalid_grant');
    given += 1;
    const token = nextToken();
    live.set(token, now() + (server.lifeSeconds ?? Number.POSITIVE_INFINITY) * 1000);
    if (grant === 'refresh_token' && server.replacesRefreshTokens) server.refreshToken = `refresh-${given}`;
    const life = server.lifeSeconds === null ? {} : { expires_in: server.lifeSeconds };
    const refresh = grant === 'refresh_token' ? { refresh_token: server.refreshToken } : {};
    return {
      status: 200,
      body: { access_token: token, token_type: 'Bearer', ...life, ...refresh },
      headers: { 'cache-control': 'no-store' },
    };
  };
  const { port, close } = await startJsonServer(async (request) => {
    asked += 1;
    await released;
    return answer(request);
  });
  const server: AuthorizationServer = {
    tokenUrl: `http://127.0.0.1:${port}/token`,
    lifeSeconds: 3600,
    refreshToken: 'refresh-0',
    replacesRefreshTokens: false,
    count: () => given,
    requests: () => asked,
    isLive: (token) => now() < (live.get(token) ?? 0),
    revokeAll: () => live.clear(),
    answerNext: (strange) => odd.push(strange),
    hold: () => {
      released = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    close,
  };
  return server;
}
