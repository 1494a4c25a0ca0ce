import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import { REQUEST_LIMIT_WAIT_MS } from '../../../src/adapters/destinations/salesforce/salesforce-client.ts';
import type { SalesforceDestination } from '../../../src/adapters/destinations/salesforce/salesforce.ts';
import type { ContactPayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { connectSalesforce, SALESFORCE_MAPPING, sampleApp } from '../../support/stand-ins/salesforce/connect-salesforce.ts';
import type { OrgRecord } from '../../support/stand-ins/salesforce/org.ts';
import { createSalesforceStandIn, type SalesforceStandIn } from '../../support/stand-ins/salesforce/salesforce.ts';
import { sampleBooking, sampleMessage } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const KEY = 'v1.demo.call-1.1.booking';
const NEXT = 'v1.demo.call-1.2.reschedule';
const contact: ContactPayload = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' };
const booking = sampleBooking({ start: '2027-03-04T10:30:00+01:00' });
const moved = { ...booking, start: '2027-03-04T11:30:00+01:00' };

let standIn: SalesforceStandIn;
let salesforce: SalesforceDestination;
beforeEach(async () => {
  standIn = await createSalesforceStandIn(sampleApp);
  salesforce = connectSalesforce(standIn.port);
});
afterEach(async () => {
  await salesforce.close();
  await standIn.close();
});

const onlyEvent = (): OrgRecord => {
  const [event] = standIn.org.where('Event', () => true);
  if (event === undefined) throw new Error('no event');
  return event;
};

describe('tokens', () => {
  test('one token serves many requests, and one more comes after the session has ended', async () => {
    await Promise.all([salesforce.create(KEY, booking, options), salesforce.readBack('other', contact, options)]);
    expect(standIn.tokens.count()).toBe(1);
    standIn.tokens.expire();
    expect(await salesforce.create(NEXT, moved, options)).toMatchObject({ type: 'committed' });
    expect(standIn.tokens.count()).toBe(2);
    expect(standIn.org.where('Event', () => true)).toHaveLength(2);
  });

  test('a key that is not that of the certificate is told as such, and a mended one takes effect by itself', async () => {
    const { privateKey: stranger } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    let pem = stranger.export({ type: 'pkcs8', format: 'pem' }).toString();
    const other = connectSalesforce(standIn.port, { privateKey: () => pem });
    const refused = { type: 'retry', code: 'destination_unauthorized', afterMs: null };
    expect(await other.create(KEY, booking, options)).toEqual(refused);
    pem = 'not a key';
    expect(await other.create(KEY, booking, options)).toEqual(refused);
    await expect(other.check(options)).rejects.toMatchObject({ code: 'destination_unauthorized' });
    pem = sampleApp.privateKey;
    expect(await other.create(KEY, booking, options)).toMatchObject({ type: 'committed' });
    await other.close();
  });
});

describe('one key, one record', () => {
  test('a key that several records carry is a conflict, and nothing is written', async () => {
    const key = remoteIdOf(KEY);
    for (const Subject of ['one', 'two']) standIn.org.add('Event', { Vestibule_Key__c: key, Subject });
    expect(await salesforce.create(KEY, booking, options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await salesforce.cancel(KEY, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await salesforce.readBack(KEY, booking, options)).toMatchObject({ type: 'differs' });
    expect(standIn.org.byKey('Event', key).map(({ values }) => values['Subject'])).toEqual(['one', 'two']);
  });

  test('of two workers at once the unique field lets one create, and the other finds that record', async () => {
    standIn.org.insertsTogether = 2;
    const second = connectSalesforce(standIn.port);
    const results = await Promise.all([salesforce, second].map((worker) => worker.create(KEY, booking, options)));
    expect(results).toMatchObject([{ type: 'committed' }, { type: 'committed' }]);
    expect(standIn.org.byKey('Event', remoteIdOf(KEY))).toHaveLength(1);
    await second.close();
  });

  test('without the unique mark such a race leaves two, which is found out by the read-back and warned of beforehand', async () => {
    standIn.org.isKeyUnique = false;
    standIn.org.insertsTogether = 2;
    const log = createKeptLogger();
    const second = connectSalesforce(standIn.port, { log });
    await second.check(options);
    expect(log.lines.some(({ level }) => level === 'warn')).toBe(true);
    await Promise.all([salesforce, second].map((worker) => worker.create(KEY, booking, options)));
    expect(standIn.org.byKey('Event', remoteIdOf(KEY))).toHaveLength(2);
    expect(await salesforce.readBack(KEY, booking, options)).toMatchObject({ type: 'differs' });
    await second.close();
  });

  test('another content under the same key overwrites nothing', async () => {
    await salesforce.create(KEY, booking, options);
    expect(await salesforce.create(KEY, moved, options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await salesforce.readBack(KEY, booking, options)).toMatchObject({ type: 'found' });
  });

  test('the duplicate rules of the practice decide: a contact that is there already is not made again', async () => {
    standIn.org.hasDuplicateRule = true;
    standIn.org.add('Contact', { LastName: 'Becker', Phone: contact.phone });
    expect(await salesforce.create('v1.demo.call-1.1.contact', contact, options)).toEqual({
      type: 'conflict',
      reason: 'exists_differently',
    });
    expect(standIn.org.where('Contact', () => true)).toHaveLength(1);
    expect(standIn.duplicateRuleHeaders).toEqual(['allowSave=false; includeRecordDetails=false; runAsCurrentUser=false']);
  });
});

describe('a busy org', () => {
  test('an org without requests is left alone for a while, and nothing was written', async () => {
    const clock = createManualClock(Date.now());
    const bucket = createTokenBucket(UNLIMITED, clock);
    const worker = connectSalesforce(standIn.port, { clock, bucket });
    standIn.usage.used = standIn.usage.limit;
    expect(await worker.create(KEY, booking, options)).toEqual({
      type: 'retry',
      code: 'destination_unreachable',
      afterMs: REQUEST_LIMIT_WAIT_MS,
    });
    expect(bucket.level()).toBe(0);
    clock.advance(REQUEST_LIMIT_WAIT_MS);
    // The last request goes to the question, so that the write itself is refused.
    standIn.usage.used = standIn.usage.limit - 1;
    expect(await worker.create(KEY, booking, options)).toMatchObject({ type: 'retry', afterMs: REQUEST_LIMIT_WAIT_MS });
    clock.advance(REQUEST_LIMIT_WAIT_MS);
    expect(await worker.readBack(KEY, booking, options)).toEqual({ type: 'unavailable', code: 'destination_unreachable' });
    expect(standIn.org.where('Event', () => true)).toEqual([]);
    await worker.close();
  });

  test('the log warns once while most of the requests of 24 hours are used', async () => {
    const log = createKeptLogger();
    const worker = connectSalesforce(standIn.port, { log });
    await worker.readBack(KEY, booking, options);
    expect(log.lines).toEqual([]);
    standIn.usage.used = standIn.usage.limit * 0.8;
    for (let times = 0; times < 3; times += 1) await worker.readBack(KEY, booking, options);
    expect(log.lines).toEqual([{ level: 'warn', message: 'the org has used most of its requests of 24 hours' }]);
    await worker.close();
  });

  test('a record that another transaction holds is tried again later', async () => {
    standIn.isLocked = true;
    expect(await salesforce.create(KEY, booking, options)).toEqual({ type: 'retry', code: 'destination_conflict', afterMs: null });
  });
});

describe('what people do beside us', () => {
  test.each([
    ['another time', { StartDateTime: '2027-03-04T12:00:00.000+0000' }],
    ['a field that we do not write', { Location: 'Room 2' }],
  ])('an appointment with %s is not moved, and stays', async (_what, edit) => {
    await salesforce.create(KEY, booking, options);
    standIn.org.edit(onlyEvent(), edit);
    expect(await salesforce.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await salesforce.cancel(KEY, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(standIn.org.where('Event', () => true)).toHaveLength(1);
  });

  test('an appointment that a person deleted cannot be moved, and is as good as cancelled', async () => {
    await salesforce.create(KEY, booking, options);
    onlyEvent().isDeleted = true;
    expect(await salesforce.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await salesforce.cancel(KEY, booking, options)).toMatchObject({ type: 'committed' });
  });
});

describe('fields', () => {
  test('an appointment hangs on its contact, and a message says how urgent it is', async () => {
    const made = await salesforce.create('v1.demo.call-1.1.contact', { ...contact, name: 'Cher' }, options);
    if (made.type !== 'committed') throw new Error(made.type);
    await salesforce.create(KEY, booking, { ...options, links: { contact: made.remoteId } });
    expect(onlyEvent().values['WhoId']).toBe(made.remoteId);
    expect(await salesforce.readBack(KEY, booking, options)).toMatchObject({ type: 'found' });
    await salesforce.create('v1.demo.call-1.3.message', sampleMessage({ urgent: true, name: null, phone: null }), options);
    expect(standIn.org.where('Case', () => true).map(({ values }) => values['Priority'])).toEqual(['High']);
  });

  test('a caller is found with contacts of others and appointments to come; a number cannot break out of its question', async () => {
    standIn.org.add('Contact', { FirstName: 'Laura', LastName: 'Becker', Phone: contact.phone });
    await salesforce.create(KEY, booking, options);
    await salesforce.create(NEXT, { ...booking, start: '2026-03-04T10:30:00+01:00' }, options);
    const found = await salesforce.find(contact.phone, options);
    expect(found.map(({ payload }) => payload)).toEqual([contact, { ...booking, start: '2027-03-04T09:30:00.000Z', reason: null }]);
    expect(await salesforce.find("' OR Phone != '\\", options)).toEqual([]);
  });

  test('a field that the org does not have is named by the check', async () => {
    const { contact: mapped } = SALESFORCE_MAPPING.records;
    if (mapped === undefined) throw new Error('no mapping');
    const wrong = { ...SALESFORCE_MAPPING, records: { contact: { ...mapped, fields: { ...mapped.fields, Nickname__c: '{name}' } } } };
    const other = connectSalesforce(standIn.port, { mapping: wrong });
    await expect(other.check(options)).rejects.toMatchObject({
      code: 'destination_misbehaved',
      message: expect.stringMatching(/Nickname__c/),
    });
    await other.close();
  });
});
