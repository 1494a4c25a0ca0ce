import { createServer } from 'node:http';
import type { Appointment, CapabilityStatement, Patient, Slot } from '@medplum/fhirtypes';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/base/app-error.ts';
import type { FhirDestination } from '../../../src/adapters/destinations/fhir/fhir.ts';
import { keyToken } from '../../../src/adapters/destinations/fhir/identity.ts';
import { openFhirPractice, type FhirPractice } from '../../support/fhir-practice.ts';
import { startAuthorizationServer } from '../../support/stand-ins/oauth/authorization-server.ts';
import { connectOauth, sampleClient } from '../../support/stand-ins/oauth/connect-oauth.ts';
import { sampleBooking, sampleMessage } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const CONTACT = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' } as const;
let practice: FhirPractice;
let destination: FhirDestination;
let last = 0;
const freshKey = (kind: string): string => `v1.demo.call-${(last += 1)}.1.${kind}`;
const at = (day: string, time = '10:00') => sampleBooking({ start: `${day}T${time}:00+01:00` });

beforeAll(async () => {
  practice = await openFhirPractice();
  destination = practice.connect({ slots: 'grid' });
}, 60_000);
afterEach(() => {
  practice.server.behave();
});
afterAll(async () => {
  await practice.close();
  expect(practice.server.refused()).toEqual([]);
});

const identifierOf = (key: string): { readonly system: string; readonly value: string } => {
  const [system, value] = keyToken(key).split('|');
  return { system: system ?? '', value: value ?? '' };
};
const patientsUnder = async (key: string): Promise<readonly Patient[]> =>
  (await practice.all<Patient>('Patient')).filter(({ identifier }) => identifier?.some(({ value }) => value === identifierOf(key).value));
const slotsAt = async (day: string): Promise<readonly Slot[]> =>
  (await practice.all<Slot>('Slot')).filter(({ start }) => start.startsWith(day));
const booked = async (day: string): Promise<readonly Appointment[]> =>
  (await practice.all<Appointment>('Appointment')).filter(({ status, start }) => status === 'booked' && start?.startsWith(day) === true);

type Rest = NonNullable<CapabilityStatement['rest']>[number];
const declaring = (change: (rest: Rest) => Rest) => ({
  declares: (statement: CapabilityStatement): CapabilityStatement => ({ ...statement, rest: (statement.rest ?? []).map(change) }),
});
const ofAppointment = (parts: object) =>
  declaring((rest) => ({
    ...rest,
    resource: (rest.resource ?? []).map((one) => (one.type === 'Appointment' ? { ...one, ...parts } : one)),
  }));

describe('a server that lacks something is refused before it is used', () => {
  test.each([
    ['does not offer transactions', declaring(({ interaction: _none, ...rest }) => rest)],
    ['does not offer conditional create for Appointment', ofAppointment({ conditionalCreate: false })],
    [
      'does not offer update for Appointment',
      ofAppointment({ interaction: [{ code: 'read' }, { code: 'create' }, { code: 'search-type' }] }),
    ],
    ['keeps no versions of Appointment', ofAppointment({ versioning: 'no-version' })],
    ['does not speak FHIR R4', { declares: (statement: CapabilityStatement) => Object.assign(statement, { fhirVersion: '3.0.2' }) }],
  ])('it %s', async (what, quirk) => {
    practice.server.behave(quirk);
    await expect(destination.check(options)).rejects.toMatchObject({
      code: 'destination_misbehaved',
      message: `the FHIR server ${what}`,
    });
  });

  test('it does not look at identifiers, though it says so', async () => {
    await practice.server.repository.createResource<Patient>({ resourceType: 'Patient', name: [{ text: 'Somebody else' }] });
    practice.server.behave({ unknownParameters: ['identifier'] });
    await expect(destination.check(options)).rejects.toMatchObject({ code: 'destination_misbehaved' });
    const key = freshKey('contact');
    expect(await destination.create(key, CONTACT, options)).toEqual({ type: 'retry', code: 'destination_misbehaved', afterMs: null });
    expect(await destination.readBack(key, CONTACT, options)).toEqual({ type: 'unavailable', code: 'destination_misbehaved' });
    expect(await patientsUnder(key)).toEqual([]);
  });

  test('it has no such schedule; one that is used for messages only needs none', async () => {
    const lost = practice.connect({ schedule: 'Schedule/unheard-of' });
    await expect(lost.check(options)).rejects.toMatchObject({ code: 'destination_misbehaved' });
    practice.server.behave(declaring(({ interaction: _none, ...rest }) => rest));
    const messages = practice.connect({ schedule: 'Schedule/unheard-of', kinds: ['message'] });
    await expect(messages.check(options)).resolves.toBeUndefined();
    expect(await messages.create(freshKey('contact'), CONTACT, options)).toMatchObject({ type: 'rejected' });
  });
});

describe('a condition that the server does not keep', () => {
  test('makes no second record of repeats', async () => {
    practice.server.behave({ ignoresConditions: true });
    const key = freshKey('contact');
    await Promise.all(Array.from({ length: 5 }, () => destination.create(key, CONTACT, options)));
    expect(await patientsUnder(key)).toHaveLength(1);
  });

  test('and two processes at once make two, which is a conflict, and none is taken away', async () => {
    practice.server.behave({ ignoresConditions: true, hides: () => true });
    const key = freshKey('contact');
    for (const client of [destination, practice.connect()]) await client.create(key, CONTACT, options);
    practice.server.behave();
    expect(await destination.create(key, CONTACT, options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await destination.cancel(key, CONTACT, options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await destination.readBack(key, CONTACT, options)).toMatchObject({ type: 'differs' });
    expect(await patientsUnder(key)).toHaveLength(2);
  });

  test('does not let a record of somebody else pass for ours', async () => {
    practice.server.behave({ unknownInConditions: ['identifier'] });
    const key = freshKey('message');
    await practice.server.repository.createResource({ resourceType: 'Task', status: 'requested', intent: 'order' });
    expect(await destination.create(key, sampleMessage(), options)).toEqual({ type: 'rejected', code: 'destination_misbehaved' });
    expect(await destination.readBack(key, sampleMessage(), options)).toEqual({ type: 'absent' });
    await practice.server.repository.createResource({ resourceType: 'Task', status: 'requested', intent: 'order' });
    expect(await destination.create(key, sampleMessage(), options)).toEqual({ type: 'rejected', code: 'destination_misbehaved' });
  });

  test('gives the slot back when the appointment of somebody else passed for ours', async () => {
    await practice.layOut(['2026-03-03', '10:00', '10:30']);
    await practice.appoint(['2026-03-04', '08:00', '08:30']);
    practice.server.behave({ unknownInConditions: ['identifier'] });
    const laidOut = practice.connect({ slots: 'laid_out' });
    expect(await laidOut.create(freshKey('booking'), at('2026-03-03'), options)).toEqual({
      type: 'rejected',
      code: 'destination_misbehaved',
    });
    expect(await booked('2026-03-03')).toEqual([]);
    expect(await slotsAt('2026-03-03')).toMatchObject([{ status: 'free' }]);
  });
});

describe('a server that', () => {
  test('finds its newest appointments late makes no second one, and the slot is not called taken', async () => {
    const key = freshKey('booking');
    practice.server.behave({ hides: ({ resourceType }) => resourceType === 'Appointment' });
    expect(await destination.create(key, at('2026-03-05'), options)).toMatchObject({ type: 'committed' });
    expect(await destination.create(key, at('2026-03-05'), options)).toEqual({ type: 'unknown', code: 'destination_conflict' });
    expect(await destination.create(freshKey('booking'), at('2026-03-05'), options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
    practice.server.behave();
    expect(await destination.create(key, at('2026-03-05'), options)).toMatchObject({ type: 'committed' });
    expect(await booked('2026-03-05')).toHaveLength(1);
  });

  test('answers with addresses only is asked what stands there', async () => {
    practice.server.behave({ answersMinimal: true });
    for (const [kind, payload] of [
      ['contact', CONTACT],
      ['booking', at('2026-03-06')],
    ] as const) {
      const key = freshKey(kind);
      expect(await destination.create(key, payload, options)).toMatchObject({
        type: 'committed',
        etag: expect.stringMatching(/^W\/".+"$/),
      });
      expect(await destination.cancel(key, payload, options)).toMatchObject({ type: 'committed' });
    }
  });

  test('gives pages, under a name of its own, is read to the end', async () => {
    for (let hour = 8; hour < 18; hour += 1)
      await practice.appoint(['2026-03-09', `${hour}:00`.padStart(5, '0'), `${hour}:30`.padStart(5, '0')]);
    practice.server.behave({ pageResources: 3 });
    const free = await destination.availability({ service: 'check-up', fromDay: '2026-03-09', toDay: '2026-03-09' }, options);
    expect(free.map(({ start }) => start.slice(14, 16))).toEqual(Array.from({ length: 8 }, () => '30'));
  });

  test('writes moments and references in its own way has not edited anything', async () => {
    const key = freshKey('booking');
    await destination.create(key, at('2026-03-10'), { ...options, links: { contact: 'Patient/laura' } });
    const [appointment] = await booked('2026-03-10');
    const base = practice.server.url;
    await practice.server.repository.updateResource<Appointment>({
      ...(appointment as Appointment),
      start: '2026-03-10T10:00:00.000+01:00',
      created: '2026-03-01',
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Laura</div>' },
      participant: (appointment?.participant ?? []).map(({ actor, status }) => ({
        actor: { ...actor, reference: `${base}/${actor?.reference}` },
        status,
      })),
    });
    expect(await destination.readBack(key, at('2026-03-10'), options)).toMatchObject({ type: 'found', contested: false });
    expect(await destination.cancel(key, at('2026-03-10'), options)).toMatchObject({ type: 'committed' });
  });

  test('drops what it does not know is compared with what was agreed', async () => {
    const key = freshKey('contact');
    await destination.create(key, CONTACT, options);
    const [patient] = await patientsUnder(key);
    await practice.server.repository.updateResource<Patient>({ ...(patient as Patient), identifier: [identifierOf(key)] });
    expect(await destination.cancel(key, { ...CONTACT, name: 'Lara Becker' }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await destination.cancel(key, CONTACT, options)).toMatchObject({ type: 'committed' });
  });
});

describe('what was taken away at the desk', () => {
  test('does not come back by a repeat', async () => {
    const key = freshKey('booking');
    await destination.create(key, at('2026-03-11'), options);
    await destination.cancel(key, at('2026-03-11'), options);
    expect(await destination.create(key, at('2026-03-11'), options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await booked('2026-03-11')).toEqual([]);
  });
});

describe('a slot that has to be entered first', () => {
  test.each([
    [429, { 'retry-after': '7' }, { type: 'retry', code: 'destination_unreachable', afterMs: 7000 }],
    [500, {}, { type: 'retry', code: 'destination_misbehaved', afterMs: null }],
    [403, {}, { type: 'retry', code: 'destination_unauthorized', afterMs: null }],
    [422, {}, { type: 'rejected', code: 'destination_rejected' }],
  ])('and is answered with %i takes nothing yet', async (status, headers, expected) => {
    const front = createServer((from, to) => {
      from.resume();
      if (from.method === 'GET') {
        const forwarded = { authorization: from.headers.authorization ?? '' };
        void fetch(new URL(from.url ?? '', practice.server.url), { headers: forwarded })
          .then((answer) => answer.text())
          .then((text) => to.writeHead(200, { 'content-type': 'application/fhir+json' }).end(text));
      } else to.writeHead(status, headers).end('{}');
    });
    await new Promise<void>((resolve) => {
      front.listen(0, '127.0.0.1', resolve);
    });
    const address = front.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const access = {
      url: `http://127.0.0.1:${address.port}/fhir`,
      credential: { type: 'bearer', token: () => practice.server.token },
    } as const;
    const client = practice.connect({ slots: 'grid', access });
    expect(await client.create(freshKey('booking'), at('2026-03-12'), options)).toEqual(expected);
    front.closeAllConnections();
    front.close();
  });
});

describe('the credential', () => {
  test('is read at every request: a mended one takes effect by itself', async () => {
    let token = 'old';
    const client = practice.connect({ access: { url: practice.server.url, credential: { type: 'bearer', token: () => token } } });
    await expect(client.check(options)).rejects.toMatchObject({ code: 'destination_unauthorized' });
    token = practice.server.token;
    await expect(client.check(options)).resolves.toBeUndefined();
  });

  test('may be a user and a password', async () => {
    const credential = { type: 'basic', user: 'practice', password: () => practice.server.token } as const;
    const client = practice.connect({ access: { url: `${practice.server.url}/`, credential } });
    await expect(client.check(options)).resolves.toBeUndefined();
    expect(await client.create(freshKey('contact'), CONTACT, options)).toMatchObject({ type: 'committed' });
  });

  test('may be an access token: one that the server refuses is fetched once anew, and the record is written once', async () => {
    const issued = ['stale', practice.server.token, 'wrong', 'wrong'];
    const issue = (): string => issued.shift() ?? practice.server.token;
    const tokenServer = await startAuthorizationServer({ client: sampleClient, now: Date.now, issue });
    const tokens = connectOauth(tokenServer, practice.clock);
    const client = practice.connect({ access: { url: practice.server.url, credential: { type: 'oauth', tokens } } });
    const key = freshKey('contact');
    expect(await client.create(key, CONTACT, options)).toMatchObject({ type: 'committed' });
    expect(await patientsUnder(key)).toHaveLength(1);
    expect(tokenServer.count()).toBe(2);
    tokens.drop(practice.server.token);
    expect(await client.create(freshKey('contact'), CONTACT, options)).toMatchObject({ type: 'retry', code: 'destination_unauthorized' });
    expect(tokenServer.count()).toBe(4);
    tokens.drop('wrong');
    tokenServer.answerNext({ status: 401, body: { error: 'invalid_client' } });
    await expect(client.check(options)).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: expect.stringMatching(/token endpoint.*invalid_client/),
    });
    await expect(client.check(options)).resolves.toBeUndefined();
    await tokenServer.close();
  });

  test('that cannot be read is told as such, and nothing is sent', async () => {
    const token = (): string => {
      throw new AppError('secret_unreadable', 'no such file');
    };
    const client = practice.connect({ access: { url: practice.server.url, credential: { type: 'bearer', token } } });
    practice.server.requests();
    expect(await client.create(freshKey('contact'), CONTACT, options)).toEqual({ type: 'retry', code: 'secret_unreadable', afterMs: null });
    expect(practice.server.requests()).toEqual([]);
  });
});
