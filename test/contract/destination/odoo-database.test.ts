import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MappingDocument, RecordMapping } from '../../../src/adapters/destinations/http/mapping.ts';
import type { OdooDestination } from '../../../src/adapters/destinations/odoo/odoo.ts';
import type { ContactPayload, NotePayload, RecordKind } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { startOdoo, type OdooStandIn } from '../../support/stand-ins/odoo/odoo.ts';
import { connectOdoo, ODOO_MAPPING, OWNER_ID } from '../../support/stand-ins/odoo/prepared.ts';
import { sampleBooking, sampleMessage } from '../../support/writeback-samples.ts';

const KEY = 'v1.demo.call-1.1.booking';
/** Monday, half past nine in Berlin, which is half past eight in UTC. */
const booking = sampleBooking({ start: '2027-01-11T09:30:00+01:00' });
const contact: ContactPayload = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' };
const note: NotePayload = { kind: 'note', title: 'Call', text: 'Booked a check-up.', phone: '+493055501234' };
const options = () => ({ signal: AbortSignal.timeout(5000) });
const TAKEN = { type: 'conflict', reason: 'slot_taken' };
const CHANGED = { type: 'conflict', reason: 'changed' };

describe.each(['json2', 'jsonrpc'] as const)('an Odoo database, over %s', (wire) => {
  let standIn: OdooStandIn;
  let odoo: OdooDestination;
  const connect = (mapping?: MappingDocument): OdooDestination =>
    connectOdoo(standIn.port, { wire, apiKey: () => standIn.accepted.apiKey, ...(mapping === undefined ? {} : { mapping }) });
  const made = (model: string, key = KEY) => standIn.database.madeAs(model, `vestibule.${remoteIdOf(key)}`);
  const eventAt = (start: string, stop: string, values: Readonly<Record<string, unknown>> = {}) =>
    standIn.database.make('calendar.event', { name: 'Dentist', start, stop, partner_ids: [OWNER_ID], ...values });

  beforeEach(async () => {
    standIn = await startOdoo();
    odoo = connect();
  });
  afterEach(async () => {
    await odoo.close();
    await standIn.close();
    expect(standIn.violations()).toEqual([]);
  });

  test('an appointment stands at its time although the user of the key lives in another zone', async () => {
    await odoo.create(KEY, booking, options());
    expect(made('calendar.event')[0]?.values).toMatchObject({ start: '2027-01-11 08:30:00', stop: '2027-01-11 09:00:00' });
  });

  test('an appointment stands in the calendar of the practitioner and, where known, in that of the caller', async () => {
    const caller = standIn.database.make('res.partner', { name: 'Laura Becker', phone: '+493055501234' });
    await odoo.create(KEY, booking, { ...options(), links: { contact: String(caller.id) } });
    expect(made('calendar.event')[0]?.values).toMatchObject({ partner_ids: [OWNER_ID, caller.id] });
    expect(await odoo.readBack(KEY, booking, options())).toMatchObject({ type: 'found', contested: false });
  });

  test('of two workers that write at once under one key one makes the record and both find it', async () => {
    const other = connect();
    standIn.database.settings.together = 2;
    const results = await Promise.all([odoo.create(KEY, contact, options()), other.create(KEY, contact, options())]);
    const records = made('res.partner');
    expect(records).toHaveLength(1);
    for (const result of results) expect(result).toEqual({ type: 'committed', remoteId: String(records[0]?.id), etag: null });
    await other.close();
  });

  test('a load that arrives late overwrites nothing that a person changed', async () => {
    await odoo.create(KEY, contact, options());
    const [record] = made('res.partner');
    standIn.database.write('res.partner', record?.id ?? 0, { name: 'Laura Becker-Sommer' });
    expect(await standIn.repeatLastLoad()).toMatchObject({ ids: [record?.id] });
    expect(await odoo.create(KEY, contact, options())).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(record?.values).toMatchObject({ name: 'Laura Becker-Sommer' });
  });

  test('a change of something else than ours keeps a record from being taken away', async () => {
    await odoo.create(KEY, contact, options());
    standIn.database.write('res.partner', made('res.partner')[0]?.id ?? 0, { email: 'laura@example.org' });
    expect(await odoo.readBack(KEY, contact, options())).toMatchObject({ type: 'found' });
    expect(await odoo.cancel(KEY, contact, options())).toEqual(CHANGED);
  });

  test('what a person archived is not there any more as it was agreed', async () => {
    await odoo.create(KEY, booking, options());
    standIn.database.write('calendar.event', made('calendar.event')[0]?.id ?? 0, { active: false });
    expect(await odoo.readBack(KEY, booking, options())).toMatchObject({ type: 'differs' });
  });

  test('a record that others hang on is not deleted, and that is final', async () => {
    await odoo.create(KEY, contact, options());
    standIn.database.restrict('res.partner', made('res.partner')[0]?.id ?? 0);
    expect(await odoo.cancel(KEY, contact, options())).toEqual({ type: 'rejected', code: 'destination_rejected' });
  });

  test('a key that has run out is told as such, and a new one works without a restart', async () => {
    await odoo.create(KEY, contact, options());
    const secret = { now: 'a key' };
    const renewed = connectOdoo(standIn.port, { wire, apiKey: () => secret.now });
    await renewed.check(options());
    standIn.accepted.apiKey = 'another key';
    await expect(renewed.check(options())).rejects.toMatchObject({ code: 'destination_unauthorized' });
    expect(await renewed.create(KEY, contact, options())).toMatchObject({ type: 'retry', code: 'destination_unauthorized' });
    secret.now = 'another key';
    expect(await renewed.create(KEY, contact, options())).toMatchObject({ type: 'committed' });
    await renewed.close();
  });

  describe('the time of an appointment', () => {
    test.each([
      ['an event of a person', ['2027-01-11 08:00:00', '2027-01-11 08:45:00', {}]],
      ['a whole day', ['2027-01-11 08:00:00', '2027-01-11 18:00:00', { allday: true, start_date: '2027-01-11', stop_date: '2027-01-11' }]],
    ] as const)('is taken by %s', async (_what, [start, stop, values]) => {
      eventAt(start, stop, values);
      expect(await odoo.create(KEY, booking, options())).toEqual(TAKEN);
      expect(made('calendar.event')).toEqual([]);
    });

    test.each([
      ['shown as free', { show_as: 'free' }],
      ['archived', { active: false }],
      ['of another practitioner', { partner_ids: [99] }],
      ['before it', { stop: '2027-01-11 08:30:00' }],
    ])('is not taken by an event %s', async (_what, values) => {
      eventAt('2027-01-11 08:00:00', '2027-01-11 08:45:00', values);
      expect(await odoo.create(KEY, booking, options())).toMatchObject({ type: 'committed' });
    });

    test('that a person took at the same moment is contested', async () => {
      await odoo.create(KEY, booking, options());
      eventAt('2027-01-11 08:30:00', '2027-01-11 09:00:00');
      expect(await odoo.readBack(KEY, booking, options())).toMatchObject({ type: 'found', contested: true });
      expect(await odoo.cancel(KEY, booking, options())).toMatchObject({ type: 'committed' });
    });

    test('two callers want is given to one of them', async () => {
      const [first, second] = ['v1.demo.call-1.1.booking', 'v1.demo.call-2.1.booking'];
      const results = await Promise.all([first, second].map((key) => odoo.create(key ?? '', booking, options())));
      expect(results.map(({ type }) => type).toSorted()).toEqual(['committed', 'conflict']);
    });

    test('is free in the grid of the practice where no event lies', async () => {
      eventAt('2027-01-11 08:00:00', '2027-01-11 09:15:00');
      const query = { service: 'check-up', fromDay: '2027-01-11', toDay: '2027-01-11' };
      const starts = (await odoo.availability(query, options())).map(({ start }) => start.slice(11, 16));
      expect(starts.slice(0, 4)).toEqual(['08:00', '08:30', '10:30', '11:00']);
    });

    test('cannot be moved onto one that is taken, nor when a person moved it already', async () => {
      const [first, second] = ['v1.demo.call-1.2.booking', 'v1.demo.call-1.3.booking'];
      await odoo.create(KEY, booking, options());
      eventAt('2027-01-11 10:00:00', '2027-01-11 10:30:00');
      const onto = { ...booking, start: '2027-01-11T11:00:00+01:00' };
      expect(await odoo.update(first, onto, { key: KEY, payload: booking }, options())).toEqual(TAKEN);
      standIn.database.write('calendar.event', made('calendar.event')[0]?.id ?? 0, { start: '2027-01-12 08:30:00' });
      const free = { ...booking, start: '2027-01-11T16:00:00+01:00' };
      expect(await odoo.update(second, free, { key: KEY, payload: booking }, options())).toEqual(CHANGED);
      expect(made('calendar.event', second)).toEqual([]);
    });

    test('can overlap its own old time when it is moved', async () => {
      const long = { ...booking, minutes: 60 };
      await odoo.create(KEY, long, options());
      const later = { ...long, start: '2027-01-11T10:00:00+01:00' };
      expect(await odoo.update('v1.demo.call-1.2.booking', later, { key: KEY, payload: long }, options())).toMatchObject({
        type: 'committed',
      });
    });
  });

  describe('a note', () => {
    const NOTE_KEY = 'v1.demo.call-1.1.note';

    test('about somebody whom the practice does not know is refused, for nobody would see it', async () => {
      expect(await odoo.create(NOTE_KEY, note, options())).toEqual({ type: 'rejected', code: 'destination_rejected' });
    });

    test('stands in the file of the contact that was written for the call, else in that of the number', async () => {
      const known = standIn.database.make('res.partner', { name: 'Laura Becker', phone: note.phone });
      const linked = standIn.database.make('res.partner', { name: 'Laura Becker', phone: note.phone });
      await odoo.create(NOTE_KEY, note, options());
      await odoo.create('v1.demo.call-2.1.note', note, { ...options(), links: { contact: String(linked.id) } });
      expect(made('mail.message', NOTE_KEY)[0]?.values).toMatchObject({ model: 'res.partner', res_id: known.id });
      expect(made('mail.message', 'v1.demo.call-2.1.note')[0]?.values).toMatchObject({ res_id: linked.id });
    });
  });

  describe('a mapping that does not fit the database', () => {
    const withRecord = (kind: RecordKind, parts: Partial<RecordMapping>): MappingDocument => {
      const record = ODOO_MAPPING.records[kind];
      if (record === undefined) throw new Error('no such mapping');
      return { ...ODOO_MAPPING, records: { [kind]: { ...record, ...parts } } };
    };

    test.each([
      ['a field that is not there', { fields: { id: 'vestibule.{remoteKey}', mobile: '{phone}' } }],
      ['a model that is not installed', { target: 'helpdesk.ticket' }],
    ])('is told before anything is written: %s', async (_what, parts) => {
      const wrong = connect(withRecord('contact', parts));
      await expect(wrong.check(options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
      const result = await wrong.create(KEY, contact, options());
      expect(['rejected', 'retry']).toContain(result.type);
      await wrong.close();
    });

    test('a value that its field does not take is refused for good', async () => {
      const wrong = connect(withRecord('message', { choices: { priority: { true: 'urgent', false: 'normal' } } }));
      expect(await wrong.create(KEY, sampleMessage(), options())).toEqual({ type: 'rejected', code: 'destination_rejected' });
      expect(made('crm.lead')).toEqual([]);
      await wrong.close();
    });
  });

  test('without a calendar no appointments are kept', async () => {
    const bare = connectOdoo(standIn.port, { wire, apiKey: () => standIn.accepted.apiKey, withCalendar: false });
    expect(bare.capabilities.kinds).not.toContain('booking');
    expect(await bare.create(KEY, booking, options())).toMatchObject({ type: 'rejected' });
    expect(await bare.availability({ service: 'check-up', fromDay: '2027-01-11', toDay: '2027-01-11' }, options())).toEqual([]);
    await bare.close();
  });
});
