import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClientAuth } from '../../../../../src/adapters/destinations/http/oauth.ts';
import { AppError } from '../../../../../src/base/app-error.ts';
import { createManualClock, type ManualClock } from '../../../../support/manual-clock.ts';
import { freePort } from '../../../../support/servers.ts';
import {
  startAuthorizationServer,
  type AuthorizationServer,
  type RegisteredClient,
} from '../../../../support/stand-ins/oauth/authorization-server.ts';
import { connectOauth, sampleClient } from '../../../../support/stand-ins/oauth/connect-oauth.ts';

const SECOND_MS = 1000;
let clock: ManualClock;
let server: AuthorizationServer;
const start = async (client: RegisteredClient): Promise<void> => {
  await server.close();
  server = await startAuthorizationServer({ client, now: clock.epochMs });
};
beforeEach(async () => {
  clock = createManualClock();
  server = await startAuthorizationServer({ client: sampleClient, now: clock.epochMs });
});
afterEach(() => server.close());

function keys(kind: 'rsa' | 'P-384' | 'P-256'): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: kind });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

describe('client credentials', () => {
  test('one request serves everyone who asks at once, and whoever asks while the token lives', async () => {
    const tokens = connectOauth(server, clock);
    server.hold();
    const asked = Array.from({ length: 5 }, () => tokens.get());
    await expect.poll(() => server.requests()).toBe(1);
    server.release();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['token-1']));
    expect(await tokens.get()).toBe('token-1');
    expect(server.requests()).toBe(1);
  });

  test('a token is fetched anew a minute before its end', async () => {
    const tokens = connectOauth(server, clock);
    server.lifeSeconds = 300;
    await tokens.get();
    clock.advance(239 * SECOND_MS);
    expect(await tokens.get()).toBe('token-1');
    clock.advance(SECOND_MS);
    expect(server.isLive('token-1')).toBe(true);
    expect(await tokens.get()).toBe('token-2');
  });

  test('a token that lives for less than two minutes is used for half of its life', async () => {
    const tokens = connectOauth(server, clock);
    server.lifeSeconds = 10;
    await tokens.get();
    clock.advance(4 * SECOND_MS);
    expect(await tokens.get()).toBe('token-1');
    clock.advance(SECOND_MS);
    expect(await tokens.get()).toBe('token-2');
  });

  test('a token whose life is not named is used for an hour less a minute', async () => {
    const tokens = connectOauth(server, clock);
    server.lifeSeconds = null;
    await tokens.get();
    clock.advance(3539 * SECOND_MS);
    expect(await tokens.get()).toBe('token-1');
    clock.advance(SECOND_MS);
    expect(await tokens.get()).toBe('token-2');
  });

  test('a life that is written as text counts', async () => {
    const tokens = connectOauth(server, clock);
    server.answerNext({ status: 200, body: { access_token: 'odd', token_type: 'bearer', expires_in: '300' } });
    expect(await tokens.get()).toBe('odd');
    clock.advance(240 * SECOND_MS);
    expect(await tokens.get()).toBe('token-1');
  });

  test('a token that was refused is forgotten; a later one is not', async () => {
    const tokens = connectOauth(server, clock);
    const first = await tokens.get();
    tokens.drop(first);
    expect(await tokens.get()).toBe('token-2');
    tokens.drop(first);
    expect(await tokens.get()).toBe('token-2');
  });

  test('the secret may stand in the body, and a scope is asked for', async () => {
    await start({ id: 'vestibule', method: 'client_secret_post', secret: 's', scopes: ['mail.send'] });
    const clientAuth = { method: 'client_secret_post', secret: () => 's' } as const;
    expect(await connectOauth(server, clock, { clientAuth, scope: 'mail.send' }).get()).toBe('token-1');
    await expect(connectOauth(server, clock, { clientAuth, scope: 'everything' }).get()).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: expect.stringContaining('invalid_scope'),
    });
  });
});

describe('signed assertions', () => {
  test.each([
    ['rsa', 'RS384'],
    ['P-384', 'ES384'],
  ] as const)('a key of the kind %s signs with %s, each assertion is good for one request', async (kind, algorithm) => {
    const { publicKey, privateKey } = keys(kind);
    await start({ id: 'vestibule', method: 'private_key_jwt', publicKey, keyId: 'first', algorithm, scopes: ['system/*.cruds'] });
    const clientAuth: ClientAuth = { method: 'private_key_jwt', privateKey: () => privateKey, keyId: 'first' };
    const tokens = connectOauth(server, clock, { clientAuth, scope: 'system/*.cruds' });
    const first = await tokens.get();
    tokens.drop(first);
    expect(await tokens.get()).toBe('token-2');
    const elsewhere = connectOauth(server, clock, { clientAuth: { ...clientAuth, audience: 'https://elsewhere.example' } });
    await expect(elsewhere.get()).rejects.toMatchObject({ code: 'destination_unauthorized' });
  });

  test.each(['P-256', 'none'] as const)('a key of the kind %s is told as such, and nothing is sent', async (kind) => {
    const pem = kind === 'none' ? 'not a key' : keys(kind).privateKey;
    const tokens = connectOauth(server, clock, { clientAuth: { method: 'private_key_jwt', privateKey: () => pem } });
    await expect(tokens.get()).rejects.toMatchObject({ code: 'destination_unauthorized', message: expect.stringContaining('private key') });
    expect(server.requests()).toBe(0);
  });
});

describe('refresh tokens', () => {
  test('one that stays the same serves again and again, and a grant that was taken back is told as such', async () => {
    let refreshToken = 'refresh-0';
    const tokens = connectOauth(server, clock, { refreshToken: () => refreshToken });
    tokens.drop(await tokens.get());
    tokens.drop(await tokens.get());
    server.refreshToken = 'granted anew';
    await expect(tokens.get()).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: expect.stringContaining('invalid_grant'),
    });
    refreshToken = 'granted anew';
    expect(await tokens.get()).toBe('token-3');
  });

  test('one that is replaced is refused with its own code, until another stands in the file of a server that lets it be', async () => {
    let refreshToken = 'refresh-0';
    const tokens = connectOauth(server, clock, { refreshToken: () => refreshToken });
    server.replacesRefreshTokens = true;
    await expect(tokens.get()).rejects.toMatchObject({ code: 'refresh_token_replaced' });
    await expect(tokens.get()).rejects.toMatchObject({ code: 'refresh_token_replaced' });
    expect(server.requests()).toBe(1);
    server.replacesRefreshTokens = false;
    refreshToken = server.refreshToken;
    expect(await tokens.get()).toBe('token-2');
  });
});

describe('answers of the token endpoint', () => {
  test.each([
    ['a refused client', { status: 401, body: { error: 'invalid_client' } }, 'destination_unauthorized'],
    ['401 without a body', { status: 401, body: null }, 'destination_unauthorized'],
    ['a refused grant', { status: 400, body: { error: 'invalid_grant' } }, 'destination_unauthorized'],
    ['403', { status: 403, body: { error: 'access_denied' } }, 'destination_unauthorized'],
    ['too many requests', { status: 429, body: {} }, 'destination_unreachable'],
    ['a failure of the server', { status: 500, body: {} }, 'destination_unreachable'],
    ['a page of a gateway', { status: 502, body: '<html></html>' }, 'destination_unreachable'],
    ['400 that means busy', { status: 400, body: { error: 'temporarily_unavailable' } }, 'destination_unreachable'],
    ['400 without an error', { status: 400, body: {} }, 'destination_misbehaved'],
    ['400 as a page', { status: 400, body: '<html></html>' }, 'destination_misbehaved'],
    ['a redirect', { status: 302, body: null, headers: { location: 'https://elsewhere.example' } }, 'destination_misbehaved'],
    ['a login page', { status: 200, body: '<html></html>' }, 'destination_misbehaved'],
    ['an answer without a token', { status: 200, body: { token_type: 'Bearer' } }, 'destination_misbehaved'],
    ['a token of another type', { status: 200, body: { access_token: 't', token_type: 'mac' } }, 'destination_misbehaved'],
    ['a token with line ends', { status: 200, body: { access_token: 'a\r\nb', token_type: 'Bearer' } }, 'destination_misbehaved'],
  ])('%s', async (_what, answer, code) => {
    const tokens = connectOauth(server, clock);
    server.answerNext(answer);
    await expect(tokens.get()).rejects.toMatchObject({ code });
    // Nothing of it is kept.
    expect(await tokens.get()).toBe('token-1');
  });

  test('a server that wants to be left alone is left alone for as long', async () => {
    const tokens = connectOauth(server, clock);
    server.answerNext({ status: 429, body: {}, headers: { 'retry-after': '30' } });
    await expect(tokens.get()).rejects.toMatchObject({ code: 'destination_unreachable', details: { retryAfterMs: 30_000 } });
    await expect(tokens.get()).rejects.toMatchObject({ code: 'destination_unreachable' });
    expect(server.requests()).toBe(1);
    clock.advance(30 * SECOND_MS);
    expect(await tokens.get()).toBe('token-1');
  });

  test('a server that is away is told as such', async () => {
    const tokens = connectOauth(server, clock, { tokenUrl: `http://127.0.0.1:${await freePort()}/token` });
    await expect(tokens.get()).rejects.toMatchObject({
      code: 'destination_unreachable',
      message: 'the token endpoint does not answer: nothing listens at its address (ECONNREFUSED)',
    });
  });

  test('a secret is read for each request: one that is mended takes effect by itself, and none of it stands in an error', async () => {
    let read = (): string => {
      throw new AppError('secret_unreadable', 'no such file');
    };
    const tokens = connectOauth(server, clock, { clientAuth: { method: 'client_secret_basic', secret: () => read() } });
    await expect(tokens.get()).rejects.toMatchObject({ code: 'secret_unreadable' });
    expect(server.requests()).toBe(0);
    read = () => 'a stale secret';
    const refusal = await tokens.get().catch((error: unknown) => error as AppError);
    expect(refusal).toMatchObject({ code: 'destination_unauthorized' });
    // The description of the stand-in names a person.
    expect(JSON.stringify(refusal) + String(refusal)).not.toMatch(/stale|Laura/);
    read = () => sampleClient.secret;
    expect(await tokens.get()).toBe('token-1');
  });
});
