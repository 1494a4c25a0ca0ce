import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { buildDestinations } from '../../../src/app/destinations.ts';
import { makeConfig } from '../../../src/config/config.ts';
import type { ContactPayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import type { Destination } from '../../../src/ports/destination.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { startJsonServer, type JsonServer } from '../../support/stand-ins/json-server.ts';
import { startPracticeSystem, type PracticeSystem } from '../../support/stand-ins/rest/practice-system.ts';
import { startMailServer } from '../../support/stand-ins/smtp/mail-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startTlsFront, type TlsFront } from '../../support/tls-front.ts';

const clock = createSystemClock();
const contact: ContactPayload = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' };
const options = () => ({ signal: AbortSignal.timeout(5000) });

let folder: ReturnType<typeof temporaryFolder>;
let server: PracticeSystem;
let front: TlsFront;
let busy: JsonServer;
let busyFront: TlsFront;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await startPracticeSystem(clock.epochMs);
  front = await startTlsFront(server.port);
  busy = await startJsonServer(() => Promise.resolve({ status: 503, body: null }));
  busyFront = await startTlsFront(busy.port);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  for (const [name, content] of [
    ['crm.token', server.token],
    ['crm.secret', server.secret],
    ['crm.pem', privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['practice-ca.pem', front.certificate],
    ['busy-ca.pem', busyFront.certificate],
    ['other-ca.pem', selfSigned().cert],
    ['no-ca.pem', 'practice-ca.pem\n'],
  ] as const)
    writeFileSync(join(folder.path, name), content);
});
afterAll(async () => {
  await Promise.all([front.close(), busyFront.close()]);
  await Promise.all([server.close(), busy.close()]);
  folder.remove();
});

const exampleOf = (file: string): string => join(import.meta.dirname, '../../../config/mappings', file);

/** Works with one system of a configuration whose files lie beside it. */
async function connected<T>(raw: object, id: string, work: (system: Destination) => Promise<T>): Promise<T> {
  const config = makeConfig(raw, { file: null, base: folder.path });
  const log = createKeptLogger();
  const destinations = buildDestinations({ config, practice: samplePractice, clock, log, deliveriesDir: null });
  try {
    return await work(destinations.all.find((one) => one.id === id) as Destination);
  } finally {
    await destinations.close();
  }
}

/** Works with a system that shows `practice-ca.pem`; the system's authorities are trusted where `caFile` is undefined. */
function trusting<T>(caFile: string | undefined, work: (crm: Destination) => Promise<T>): Promise<T> {
  const access = { credentialFile: 'crm.token', signingSecretFile: 'crm.secret', caFile };
  const crm = { id: 'crm', type: 'rest', url: `https://localhost:${front.port}/api`, ...access, mapping: exampleOf('rest-example.yaml') };
  return connected({ destinations: [crm] }, 'crm', work);
}

describe('a system whose certificate is of the practice’s own authority', () => {
  test('is written to and read back with caFile, which lies beside config.yaml', async () => {
    const key = 'v1.demo.call-1.1.contact';
    await trusting('practice-ca.pem', async (crm) => {
      await crm.check(options());
      expect(await crm.create(key, contact, options())).toMatchObject({ type: 'committed' });
      expect(await crm.readBack(key, contact, options())).toMatchObject({ type: 'found' });
    });
    expect(server.count(remoteIdOf(key))).toBe(1);
  });

  test.each([
    ['without caFile', undefined, 'destination_unreachable', 'caFile'],
    ['with the certificate of another authority', 'other-ca.pem', 'destination_unreachable', 'caFile'],
    ['with a file that is not there', 'none.pem', 'secret_unreadable', 'none.pem'],
    ['with a file that holds no certificate', 'no-ca.pem', 'secret_unreadable', 'no-ca.pem holds no certificate'],
  ])('%s is not written to, and the check says what to mend', async (what, caFile, code, named) => {
    const key = `v1.demo.${what.replaceAll(' ', '-')}.1.contact`;
    await trusting(caFile, async (crm) => {
      await expect(crm.check(options())).rejects.toMatchObject({ code, message: expect.stringContaining(named) as string });
      expect(await crm.create(key, contact, options())).toEqual({ type: 'retry', code, afterMs: null });
    });
    expect(server.count(remoteIdOf(key))).toBe(0);
  });
});

type Trusting = { readonly caFile?: string };
const one = (system: object): object => ({ destinations: [{ id: 'crm', ...system }] });

/** A configuration with one system at `url`, whose certificate is of another authority. */
const SYSTEMS: readonly (readonly [string, string, (url: string, trust: Trusting) => object])[] = [
  ['the calendar', 'calendar', (url, trust) => ({ calendar: { managed: false, url, passwordFile: 'crm.token', ...trust } })],
  ['fhir', 'crm', (url, trust) => one({ type: 'fhir', url, credentialFile: 'crm.token', schedule: 'Schedule/1', ...trust })],
  ['tryton', 'crm', (url, trust) => one({ type: 'tryton', url, user: 'u', passwordFile: 'crm.token', desk: 'desk', ...trust })],
  ['salesforce', 'crm', (url, trust) => one({ type: 'salesforce', url, clientId: 'c', user: 'u', privateKeyFile: 'crm.pem', ...trust })],
  ['hubspot', 'crm', (url, trust) => one({ type: 'hubspot', url, tokenFile: 'crm.token', ...trust })],
  ['servicenow', 'crm', (url, trust) => one({ type: 'servicenow', url, credentialFile: 'crm.token', ...trust })],
  ['odoo', 'crm', (url, trust) => one({ type: 'odoo', url, database: 'd', wire: 'json2', login: 'l', apiKeyFile: 'crm.token', ...trust })],
  [
    'a gateway for text messages',
    'crm',
    (url, trust) => {
      const access = { credentialFile: 'crm.token', signingSecretFile: 'crm.secret', ...trust };
      return one({ type: 'sms', url, ...access, mapping: exampleOf('sms-example.yaml') });
    },
  ],
  [
    'a token endpoint',
    'crm',
    (url, trust) => {
      const oauth = { tokenUrl: url, clientId: 'c', clientSecretFile: 'crm.secret', ...trust };
      return one({ type: 'fhir', url: 'http://127.0.0.1:1', schedule: 'Schedule/1', oauth });
    },
  ],
];

test.each(SYSTEMS)('%s is spoken to with caFile, and not without', async (_system, id, configuration) => {
  const url = `https://localhost:${busyFront.port}/`;
  const toldBy = (trust: Trusting): Promise<unknown> =>
    connected(configuration(url, trust), id, (system) => system.check(options()).catch((error: unknown) => error));
  expect(await toldBy({})).toMatchObject({ message: expect.stringContaining('caFile') as string });
  expect(await toldBy({ caFile: 'busy-ca.pem' })).toMatchObject({ message: expect.stringContaining('busy (503)') as string });
});

test('mail is handed to such a server with caFile; a file without a certificate is named', async () => {
  const post = await startMailServer({ security: 'tls' });
  writeFileSync(join(folder.path, 'post-ca.pem'), post.certificate);
  const sender = { fromName: 'Practice', fromAddress: 'desk@practice.example' };
  const checked = (caFile: string): Promise<void> => {
    const mail = { id: 'post', type: 'mail', host: 'localhost', port: post.port, security: 'tls', ...sender, caFile };
    return connected({ destinations: [mail] }, 'post', (system) => system.check(options()));
  };
  await expect(checked('post-ca.pem')).resolves.toBeUndefined();
  await expect(checked('no-ca.pem')).rejects.toMatchObject({ code: 'secret_unreadable' });
  await post.close();
});
