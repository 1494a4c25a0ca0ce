import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { HttpAccess } from '../../../src/adapters/destinations/http/access.ts';
import { readRestSystem, type RestSystem } from '../../../src/adapters/destinations/rest/rest-system.ts';
import { createRestDestination, type RestDestination } from '../../../src/adapters/destinations/rest/rest.ts';
import type { ContactPayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { startAuthorizationServer, type AuthorizationServer } from '../../support/stand-ins/oauth/authorization-server.ts';
import { connectOauth, sampleClient } from '../../support/stand-ins/oauth/connect-oauth.ts';
import { startPracticeSystem, type PracticeSystem } from '../../support/stand-ins/rest/practice-system.ts';
import { describeRecordDestination } from './record-suite.ts';

const clock = createSystemClock();
const options = () => ({ signal: AbortSignal.timeout(5000) });
const contact: ContactPayload = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' };
const example = readRestSystem(join(import.meta.dirname, '../../../config/mappings/rest-example.yaml'));
const withOauth: RestSystem = { ...example, mapping: { ...example.mapping, auth: { type: 'oauth' } } };

const connect = (access: HttpAccess, system = withOauth): RestDestination =>
  createRestDestination({ system, access, practice: samplePractice, clock, sandbox: true });

/** A system whose tokens come from an authorisation server, and access to it. */
async function startBoth(): Promise<{ server: PracticeSystem; tokenServer: AuthorizationServer; access: (port?: number) => HttpAccess }> {
  const server = await startPracticeSystem(clock.epochMs);
  const tokenServer = await startAuthorizationServer({ client: sampleClient, now: clock.epochMs, issue: () => server.token });
  const tokens = connectOauth(tokenServer, clock);
  const access = (port = server.port): HttpAccess => ({
    url: `http://127.0.0.1:${port}/api`,
    tokens,
    signingSecret: () => server.secret,
  });
  return { server, tokenServer, access };
}

let shared: Awaited<ReturnType<typeof startBoth>>;
describeRecordDestination(
  {
    name: 'REST with access tokens',
    start: async () => {
      shared = await startBoth();
      return { host: '127.0.0.1', port: shared.server.port };
    },
    connect: async (port) => {
      const destination = connect(shared.access(port));
      return {
        destination,
        count: async (key) => shared.server.count(remoteIdOf(key)),
        edit: async (key, kind) =>
          shared.server.edit(remoteIdOf(key), (fields) =>
            kind === 'contact' ? { ...fields, name: 'Changed by the desk' } : { ...fields, end: '2027-01-01T08:30:00Z' },
          ),
        close: () => destination.close(),
      };
    },
    stop: async () => {
      expect(shared.server.violations()).toEqual([]);
      expect(shared.tokenServer.count()).toBe(1);
      await shared.server.close();
      await shared.tokenServer.close();
    },
    cancellable: ['contact', 'booking'],
    remembersAnswers: true,
  },
  ['contact', 'booking'],
);

describe('a REST system with access tokens', () => {
  let both: Awaited<ReturnType<typeof startBoth>>;
  let destination: RestDestination;
  beforeEach(async () => {
    both = await startBoth();
    destination = connect(both.access());
  });
  afterEach(async () => {
    await destination.close();
    await both.server.close();
    await both.tokenServer.close();
  });
  const KEY = 'v1.demo.call-1.1.contact';

  test('a token that ended is fetched once anew, and the record is written once', async () => {
    await destination.check(options());
    both.server.expireToken();
    expect(await destination.create(KEY, contact, options())).toMatchObject({ type: 'committed' });
    expect(both.server.count(remoteIdOf(KEY))).toBe(1);
    expect(both.tokenServer.count()).toBe(2);
  });

  test('a client that the token endpoint refuses is told apart from a token that the system refuses; nothing is written', async () => {
    both.tokenServer.answerNext({ status: 401, body: { error: 'invalid_client' } });
    expect(await destination.create(KEY, contact, options())).toEqual({ type: 'retry', code: 'destination_unauthorized', afterMs: null });
    both.tokenServer.answerNext({ status: 401, body: { error: 'invalid_client' } });
    await expect(destination.check(options())).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: expect.stringMatching(/token endpoint.*invalid_client/),
    });
    for (let times = 0; times < 2; times += 1)
      both.tokenServer.answerNext({ status: 200, body: { access_token: 'wrong', token_type: 'Bearer' } });
    await expect(destination.check(options())).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: 'the destination refused the credential',
    });
    expect(both.server.count(remoteIdOf(KEY))).toBe(0);
  });

  test('without a check operation a request that changes nothing shows whether the token is good', async () => {
    const plain = connect(both.access(), { ...withOauth, check: null });
    both.tokenServer.answerNext({ status: 200, body: { access_token: 'wrong', token_type: 'Bearer' } });
    await expect(plain.check(options())).resolves.toBeUndefined();
    expect(both.tokenServer.requests()).toBe(2);
    both.server.expireToken();
    both.tokenServer.answerNext({ status: 200, body: { access_token: 'wrong', token_type: 'Bearer' } });
    await expect(plain.check(options())).rejects.toMatchObject({ code: 'destination_unauthorized' });
    await plain.close();
  });

  test('the mapping and the configuration have to agree', () => {
    const { tokens, ...rest } = both.access();
    expect(() => connect(rest)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('no oauth is configured') }),
    );
    if (tokens === undefined) throw new Error('no tokens');
    expect(() => connect({ ...rest, tokens }, example)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('asks for auth: bearer') }),
    );
  });
});
