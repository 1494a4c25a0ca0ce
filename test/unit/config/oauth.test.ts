import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeConfig, type Config } from '../../../src/config/config.ts';

const withDestination = (one: object): Config => makeConfig({ destinations: [one] }, { file: null, base: tmpdir() });
const OAUTH = { tokenUrl: 'https://login.example/token', clientId: 'vestibule', clientSecretFile: 'client.secret' };
const rest = { id: 'crm', type: 'rest', url: 'https://crm.example/api', mapping: 'crm.yaml' };
const sms = { ...rest, type: 'sms' };
const fhir = { id: 'pms', type: 'fhir', url: 'https://pms.example/fhir', schedule: 'Schedule/1' };
const sender = { fromName: 'Practice', fromAddress: 'desk@practice.example' };
const mail = { id: 'post', type: 'mail', host: 'smtp.example', port: 587, security: 'starttls', ...sender };

describe('oauth in the configuration', () => {
  test.each([
    ['rest', { ...rest, oauth: OAUTH }],
    ['sms', { ...sms, oauth: OAUTH }],
    ['fhir', { ...fhir, oauth: OAUTH }],
    ['mail', { ...mail, user: 'desk@practice.example', oauth: OAUTH }],
  ])('stands in place of a secret file for %s, with its defaults', (_type, one) => {
    expect(withDestination(one).destinations).toMatchObject([
      { oauth: { ...OAUTH, clientAuth: 'client_secret_basic', grant: 'client_credentials' } },
    ]);
  });

  test('alerts by mail may log in with it, too', () => {
    const { host, port, security } = mail;
    const server = { host, port, security, ...sender, to: 'it@practice.example' };
    const { alerts } = makeConfig({ alerts: { mail: { ...server, user: 'desk', oauth: OAUTH } } }, { file: null, base: tmpdir() });
    expect(alerts.mail?.oauth?.clientId).toBe('vestibule');
    expect(() => makeConfig({ alerts: { mail: { ...server, user: 'desk' } } }, { file: null, base: tmpdir() })).toThrow(
      'alerts.mail.user: expected passwordFile or oauth with it',
    );
  });

  test.each(['http://127.0.0.1:8080/token', 'http://localhost/token', 'http://[::1]:8080/token'])('may ask %s in the clear', (tokenUrl) => {
    expect(() => withDestination({ ...rest, oauth: { ...OAUTH, tokenUrl } })).not.toThrow();
  });

  const { clientSecretFile: _none, ...unproven } = OAUTH;
  test.each([
    ['oauth.tokenUrl: expected https, but for a loopback address', { tokenUrl: 'http://login.example/token' }],
    ['oauth.tokenUrl: expected https, but for a loopback address', { tokenUrl: 'http://127.0.0.1.example/token' }],
    ['oauth.tokenUrl: expected https, but for a loopback address', { tokenUrl: 'ftp://127.0.0.1/token' }],
    ['oauth.tokenUrl: Invalid URL', { tokenUrl: 'login.example' }],
    ['oauth.privateKeyFile: expected with clientAuth private_key_jwt', { clientAuth: 'private_key_jwt' }],
    ['oauth.clientSecretFile: expected only with a client secret', { clientAuth: 'private_key_jwt', privateKeyFile: 'key.pem' }],
    ['oauth.keyId: expected only with clientAuth private_key_jwt', { keyId: 'first' }],
    ['oauth.audience: expected only with clientAuth private_key_jwt', { audience: 'https://login.example' }],
    ['oauth.refreshTokenFile: expected with grant refresh_token', { grant: 'refresh_token' }],
    ['oauth.refreshTokenFile: expected only with grant refresh_token', { refreshTokenFile: 'refresh.token' }],
    ['oauth.grant: ', { grant: 'password' }],
    ['Unrecognized key: "clientSecret"', { clientSecret: 'in the clear' }],
  ])('%s', (problem, change) => {
    expect(() => withDestination({ ...rest, oauth: { ...OAUTH, ...change } })).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(problem) }),
    );
  });

  test.each([
    ['oauth.clientSecretFile: expected with a client secret', { ...rest, oauth: unproven }],
    ['credentialFile: expected only without oauth', { ...rest, oauth: OAUTH, credentialFile: 'token' }],
    ['credentialFile: expected only without oauth', { ...sms, oauth: OAUTH, credentialFile: 'token' }],
    ['credentialFile: expected only without oauth', { ...fhir, oauth: OAUTH, credentialFile: 'token' }],
    ['user: expected only without oauth', { ...fhir, oauth: OAUTH, user: 'practice' }],
    ['credentialFile: expected, or oauth', fhir],
    ['passwordFile: expected only without oauth', { ...mail, user: 'desk', oauth: OAUTH, passwordFile: 'password' }],
    ['user: expected with passwordFile or oauth', { ...mail, oauth: OAUTH }],
    ['user: expected with passwordFile or oauth', { ...mail, passwordFile: 'password' }],
    ['user: expected passwordFile or oauth with it', { ...mail, user: 'desk' }],
  ])('destinations.0.%s', (problem, one) => {
    expect(() => withDestination(one)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(`destinations.0.${problem}`) }),
    );
  });
});
