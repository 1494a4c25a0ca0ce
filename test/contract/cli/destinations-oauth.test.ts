import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../support/servers.ts';
import {
  startAuthorizationServer,
  type AuthorizationServer,
  type RegisteredClient,
} from '../../support/stand-ins/oauth/authorization-server.ts';
import { startMailServer } from '../../support/stand-ins/smtp/mail-server.ts';
import { install, type Installation } from './vestibule.ts';

let home: Installation;
let tokenServer: AuthorizationServer;
const keep = (name: string, text: string): void => writeFileSync(join(home.folder, name), text, { mode: 0o600 });
const start = async (client: RegisteredClient): Promise<void> => {
  tokenServer = await startAuthorizationServer({ client, now: Date.now });
};
beforeEach(() => {
  home = install();
  keep('calendar.password', 'secret\n');
});
afterEach(async () => {
  await tokenServer.close();
  home.remove();
});

async function configure(destination: object): Promise<void> {
  const calendar = { managed: false, url: `http://127.0.0.1:${await freePort()}/calendar/`, passwordFile: 'calendar.password' };
  home.configure({ calendar, destinations: [destination] });
}

describe('destinations check with access tokens', () => {
  test('tells a refused client or grant from a refused token, and takes what is mended', async () => {
    await start({ id: 'mailer', method: 'client_secret_post', secret: 'a secret', scopes: ['https://mail.google.com/'] });
    let isRefusing = false;
    const isLive = (token: string): boolean => !isRefusing && tokenServer.isLive(token);
    const server = await startMailServer({ security: 'none', tokens: { isLive, explains: true } });
    const oauth = {
      tokenUrl: tokenServer.tokenUrl,
      clientId: 'mailer',
      clientAuth: 'client_secret_post',
      clientSecretFile: 'client.secret',
      grant: 'refresh_token',
      refreshTokenFile: 'refresh.token',
      scope: 'https://mail.google.com/',
    };
    const sender = { fromName: 'Practice', fromAddress: 'desk@practice.example' };
    await configure({
      id: 'post',
      type: 'mail',
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      user: server.user,
      oauth,
      ...sender,
    });
    const check = async (): Promise<unknown> => (await home.json('destinations', 'check', 'post')).value;
    keep('client.secret', 'another secret\n');
    keep('refresh.token', 'refresh-0\n');
    expect(await check()).toMatchObject([{ code: 'destination_unauthorized', detail: expect.stringContaining('(invalid_client)') }]);
    keep('client.secret', 'a secret\n');
    expect(await check()).toMatchObject([{ state: 'good' }]);
    tokenServer.replacesRefreshTokens = true;
    expect(await check()).toMatchObject([{ code: 'refresh_token_replaced', detail: expect.stringContaining('client_credentials') }]);
    expect(await check()).toMatchObject([{ code: 'destination_unauthorized', detail: expect.stringContaining('(invalid_grant)') }]);
    tokenServer.replacesRefreshTokens = false;
    keep('refresh.token', `${tokenServer.refreshToken}\n`);
    isRefusing = true;
    expect(await check()).toMatchObject([
      { code: 'destination_unauthorized', detail: expect.stringContaining('the mail server refused the login') },
    ]);
    await server.close();
  });

  test('signs with the key of the configuration', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    await start({ id: 'backend', method: 'private_key_jwt', publicKey: publicPem, keyId: 'k1', algorithm: 'ES384' });
    keep('fhir.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const oauth = {
      tokenUrl: tokenServer.tokenUrl,
      clientId: 'backend',
      clientAuth: 'private_key_jwt',
      privateKeyFile: 'fhir.pem',
      keyId: 'k1',
    };
    await configure({ id: 'pms', type: 'fhir', url: `http://127.0.0.1:${await freePort()}/fhir`, oauth, schedule: 'Schedule/1' });
    // A token was given; nobody is there to take it.
    expect((await home.json('destinations', 'check', 'pms')).value).toMatchObject([{ code: 'destination_unreachable' }]);
    expect(tokenServer.count()).toBe(1);
  });
});
