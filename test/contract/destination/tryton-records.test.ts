import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaultProxy, type FaultProxy, type ProxiedRequest } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import type { TrytonDestination } from '../../../src/adapters/destinations/tryton/tryton.ts';
import type { ContactPayload, MessagePayload, NotePayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testTryton } from '../../support/tryton-server.ts';
import { countIn, DESK, idIn, trytonAt, trytonMapping, trytonPerson } from '../../support/tryton-subject.ts';
import { sampleMessage } from '../../support/writeback-samples.ts';
import { describeRecordDestination } from './record-suite.ts';

const folder = temporaryFolder();
const server = await testTryton(folder.path);
const person = trytonPerson(server);

/** Questions and logins are POSTs too. */
function isWrite({ body }: ProxiedRequest): boolean {
  const { method } = JSON.parse(body.toString('utf8')) as { readonly method: string };
  return /\.(?:create|write|delete)$/.test(method);
}

beforeAll(async () => {
  await server.start();
  await person.ask('model.party.party.create', [{ code: DESK, name: 'The practice' }]);
}, 120_000);
afterAll(async () => {
  await person.close();
  await server.kill();
  folder.remove();
});

describeRecordDestination(
  {
    name: 'Tryton',
    start: () => Promise.resolve({ host: '127.0.0.1', port: server.port }),
    connect: (port) => {
      const destination = trytonAt(server, port);
      return Promise.resolve({
        destination,
        count: (key, kind) => Promise.resolve(countIn(server, key, kind)),
        edit: async (key, kind) => {
          if (kind === 'contact') {
            await person.ask('model.party.party.write', [idIn(server, key, kind)], { name: 'Changed by the desk' });
          } else if (kind === 'note' || kind === 'message') {
            const message = `Done. ${String(server.ask('SELECT message FROM ir_note WHERE id = ?', String(idIn(server, key, kind))))}`;
            await person.ask('model.ir.note.write', [idIn(server, key, kind)], { message });
          }
        },
        close: () => destination.close(),
      });
    },
    stop: () => Promise.resolve(),
    isWrite,
    cancellable: ['contact', 'note', 'message'],
  },
  ['contact', 'note', 'message'],
);

describe('Tryton', () => {
  let proxy: FaultProxy;
  let tryton: TrytonDestination;
  let last = 0;
  const options = { signal: new AbortController().signal };
  const fresh = (): readonly [key: string, phone: string] => {
    last += 1;
    return [`v1.demo.tryton-${last}.1.record`, `+4930666${String(10_000 + last)}`];
  };
  const contact = (phone: string): ContactPayload => ({ kind: 'contact', name: 'Laura Becker', phone });
  const note = (phone: string): NotePayload => ({ kind: 'note', title: 'Call', text: 'Booked a check-up.', phone });
  const resourceOf = (key: string): unknown => server.ask('SELECT resource FROM ir_note WHERE message LIKE ?', `%${remoteIdOf(key)}%`);
  const desk = (): string => `party.party,${String(server.ask('SELECT id FROM party_party WHERE code = ?', DESK))}`;
  beforeAll(async () => {
    proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port }, isWrite);
    tryton = trytonAt(server, proxy.port);
  });
  afterAll(async () => {
    await tryton.close();
    await proxy.close();
  });

  test('a session that the server has forgotten costs one login and no record', async () => {
    const [key, phone] = fresh();
    expect(await tryton.create(key, contact(phone), options)).toMatchObject({ type: 'committed' });
    server.tell('DELETE FROM ir_session');
    const [again, other] = fresh();
    const results = await Promise.all([tryton.create(again, contact(other), options), tryton.find(phone, options)]);
    expect(results).toMatchObject([{ type: 'committed' }, [{ payload: { phone } }]]);
    expect(countIn(server, again, 'contact')).toBe(1);
    // The person who works beside it has logged in as well by now, or not: the adapter's two calls shared one login.
    expect(server.ask('SELECT count(*) FROM ir_session')).toBe(1);
  });

  test('a wrong password is told as such, writes nothing, and is read anew at the next call', async () => {
    const [key, phone] = fresh();
    let password = 'not the password';
    const mended = trytonAt(server, server.port, { password: () => password });
    await expect(mended.check(options)).rejects.toMatchObject({ code: 'destination_unauthorized' });
    expect(await mended.create(key, contact(phone), options)).toEqual({ type: 'retry', code: 'destination_unauthorized', afterMs: null });
    password = server.password;
    await expect(mended.check(options)).resolves.toBeUndefined();
    await mended.close();
  });

  test('a telephone number is the same however the server writes it, and one that it does not take is refused for good', async () => {
    const [key, phone] = fresh();
    await tryton.create(key, contact(phone), options);
    expect(server.ask('SELECT value FROM party_contact_mechanism WHERE value_compact = ?', phone)).not.toBe(phone);
    expect(await tryton.readBack(key, contact(phone), options)).toMatchObject({ type: 'found', payload: { phone } });
    const [other] = fresh();
    expect(await tryton.create(other, contact('+49'), options)).toEqual({ type: 'rejected', code: 'destination_rejected' });
    expect(countIn(server, other, 'contact')).toBe(0);
  });

  test.each([
    ['another contact under the key', async (id: number) => person.ask('model.party.party.write', [id], { name: 'Somebody else' })],
    ['a contact that was put away', async (id: number) => person.ask('model.party.party.write', [id], { active: false })],
  ])('%s is a conflict, and stays as it is', async (_what, change) => {
    const [key, phone] = fresh();
    await tryton.create(key, contact(phone), options);
    await change(idIn(server, key, 'contact'));
    expect(await tryton.create(key, contact(phone), options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await tryton.readBack(key, contact(phone), options)).toMatchObject({ type: 'differs' });
    expect(await tryton.cancel(key, contact(phone), options)).toEqual({ type: 'conflict', reason: 'changed' });
  });

  test.each([
    ['a note', (party: number) => person.ask('model.ir.note.create', [{ resource: `party.party,${party}`, message: 'VIP' }])],
    ['an address', (party: number) => person.ask('model.party.address.create', [{ party, city: 'Berlin' }])],
    [
      'an e-mail address',
      (party: number) => person.ask('model.party.contact_mechanism.create', [{ party, type: 'email', value: 'a@b.example' }]),
    ],
  ])('a contact to which a person has added %s is not taken away', async (_what, add) => {
    const [key, phone] = fresh();
    await tryton.create(key, contact(phone), options);
    await add(idIn(server, key, 'contact'));
    expect(await tryton.readBack(key, contact(phone), options)).toMatchObject({ type: 'found' });
    expect(await tryton.cancel(key, contact(phone), options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(countIn(server, key, 'contact')).toBe(1);
  });

  test('a note goes to the contact it is linked to, else to the one with the number, else to the desk; a message goes to the desk', async () => {
    const [contactKey, phone] = fresh();
    const made = await tryton.create(contactKey, contact(phone), options);
    const party = made.type === 'committed' ? made.remoteId : '';
    const [linked] = fresh();
    await tryton.create(linked, note('+493066699999'), { ...options, links: { contact: party } });
    expect(resourceOf(linked)).toBe(party);
    const [byPhone] = fresh();
    await tryton.create(byPhone, note(phone), options);
    expect(resourceOf(byPhone)).toBe(party);
    const [unknown, nobody] = fresh();
    await tryton.create(unknown, note(nobody), options);
    expect(resourceOf(unknown)).toBe(desk());
    const [message] = fresh();
    await tryton.create(message, sampleMessage({ phone }), options);
    expect(resourceOf(message)).toBe(desk());
    // Two contacts with one number say nothing about who called.
    const [second] = fresh();
    await tryton.create(second, contact(phone), options);
    const [shared] = fresh();
    await tryton.create(shared, note(phone), options);
    expect(resourceOf(shared)).toBe(desk());
  });

  test('a message without name and number is kept as it was said', async () => {
    const [key] = fresh();
    const message: MessagePayload = { kind: 'message', name: null, phone: null, text: 'Line one.\nLine "two" & <three>.', urgent: true };
    expect(await tryton.create(key, message, options)).toMatchObject({ type: 'committed' });
    expect(await tryton.readBack(key, message, options)).toMatchObject({ type: 'found', payload: message });
    expect(await tryton.create(key, { ...message, text: 'Other.' }, options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
  });

  test('of two notes under one key the younger goes with the next write, unless a person changed it', async () => {
    const [key, phone] = fresh();
    await tryton.create(key, note(phone), options);
    const message = server.ask('SELECT message FROM ir_note WHERE message LIKE ?', `%${remoteIdOf(key)}%`);
    const late = { resource: desk(), message };
    await person.ask('model.ir.note.create', [late]);
    expect(await tryton.readBack(key, note(phone), options)).toMatchObject({ type: 'found' });
    expect(await tryton.create(key, note(phone), options)).toMatchObject({ remoteId: `ir.note,${idIn(server, key, 'note')}` });
    expect(countIn(server, key, 'note')).toBe(1);
    await person.ask('model.ir.note.create', [{ ...late, message: `Read. ${String(message)}` }]);
    await tryton.create(key, note(phone), options);
    expect(countIn(server, key, 'note')).toBe(2);
  });

  test('a database without the party of the desk is told by a check, and no note is lost into nowhere', async () => {
    const id = Number(desk().split(',')[1]);
    await person.ask('model.party.party.write', [id], { code: 'ELSEWHERE' });
    await expect(tryton.check(options)).rejects.toMatchObject({ code: 'destination_misbehaved' });
    const [key, phone] = fresh();
    expect(await tryton.create(key, note(phone), options)).toEqual({ type: 'retry', code: 'destination_misbehaved', afterMs: null });
    await person.ask('model.party.party.write', [id], { code: DESK });
  });

  test('with contacts alone it is exact by itself; with notes it says how long a request may be on its way', async () => {
    const { contact: contacts } = trytonMapping.records;
    if (contacts === undefined) throw new Error('the mapping holds contacts');
    const alone = trytonAt(server, server.port, { mapping: { ...trytonMapping, records: { contact: contacts } } });
    expect(alone.capabilities).toMatchObject({ kinds: ['contact'], idempotence: 'native_key', maxInflightMs: 2000 });
    expect(tryton.capabilities).toMatchObject({ idempotence: 'search_then_create', maxInflightMs: 30_000 });
    await alone.close();
    expect(() => trytonAt(server, server.port, { mapping: { ...trytonMapping, records: { booking: contacts } } })).toThrow(/kind booking/);
  });
});
