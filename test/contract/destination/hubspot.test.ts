import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HUBSPOT_RATE } from '../../../src/adapters/destinations/hubspot/hubspot-client.ts';
import type { HubspotDestination } from '../../../src/adapters/destinations/hubspot/hubspot.ts';
import type { RecordMapping } from '../../../src/adapters/destinations/http/mapping.ts';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import type { ContactPayload, NotePayload, RecordKind } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import type { AccountObject } from '../../support/stand-ins/hubspot/account.ts';
import { connectHubspot, HUBSPOT_MAPPING } from '../../support/stand-ins/hubspot/connect-hubspot.ts';
import { createHubspotStandIn, type HubspotStandIn } from '../../support/stand-ins/hubspot/hubspot.ts';
import { sampleBooking, sampleMessage } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const KEY = 'v1.demo.call-1.1.booking';
const NEXT = 'v1.demo.call-1.2.reschedule';
const contact: ContactPayload = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' };
const note: NotePayload = { kind: 'note', title: 'Call <1> & "more"', text: 'Wants <b>tea</b>.\nNot coffee.', phone: contact.phone };
const booking = sampleBooking({ start: '2027-03-04T10:30:00+01:00' });
const moved = { ...booking, start: '2027-03-04T11:30:00+01:00' };

let standIn: HubspotStandIn;
let hubspot: HubspotDestination;
beforeEach(async () => {
  standIn = await createHubspotStandIn();
  hubspot = connectHubspot(standIn.port, () => standIn.token);
});
afterEach(async () => {
  await hubspot.close();
  await standIn.close();
});

const held = (type: string, key = KEY): AccountObject => {
  const object = standIn.account.byKey(type, remoteIdOf(key));
  if (object === undefined) throw new Error('nothing is there');
  return object;
};
const mappingOf = (kind: RecordKind, change: Partial<RecordMapping>) => {
  const mapped = HUBSPOT_MAPPING.records[kind];
  if (mapped === undefined) throw new Error('no mapping');
  return { ...HUBSPOT_MAPPING, records: { [kind]: { ...mapped, ...change, fields: { ...mapped.fields, ...change.fields } } } };
};

test('the search index lags, so that what was written is looked for by key, and only callers are searched for', async () => {
  await hubspot.create(KEY, booking, options);
  expect(await hubspot.readBack(KEY, booking, options)).toMatchObject({ type: 'found' });
  expect(await hubspot.update(NEXT, moved, { key: KEY, payload: booking }, options)).toMatchObject({ type: 'committed' });
  expect(standIn.requests.filter((request) => request.includes('search'))).toEqual([]);
  expect(await hubspot.find(booking.phone, options)).toEqual([]);
  standIn.account.settle();
  expect(await hubspot.find(booking.phone, options)).toEqual([
    { remoteId: held('meetings', NEXT).id, isEntered: false, payload: { ...moved, start: '2027-03-04T10:30:00.000Z', reason: null } },
  ]);
});

test('appointments that are over are not found', async () => {
  await hubspot.create(KEY, { ...booking, start: '2026-03-04T10:30:00+01:00' }, options);
  standIn.account.settle();
  expect(await hubspot.find(booking.phone, options)).toEqual([]);
});

describe('limits', () => {
  test('the rate never makes more than 100 requests in ten seconds', () => {
    expect(HUBSPOT_RATE.burst + 10 * HUBSPOT_RATE.requestsPerSecond).toBeLessThanOrEqual(100);
    expect(hubspot.capabilities.limits).toEqual(HUBSPOT_RATE);
  });

  test.each([
    ['the ten seconds', { policyName: 'TEN_SECONDLY_ROLLING' }, 10_000],
    ['the day', { policyName: 'DAILY' }, 900_000],
    ['a named time', { policyName: 'TEN_SECONDLY_ROLLING', retryAfterSeconds: 3 }, 3000],
    ['a policy that is new', { policyName: 'LUNAR' }, 10_000],
  ])('a refusal by the limit of %s is waited out by everyone', async (_what, throttle, waitMs) => {
    const clock = createManualClock();
    const bucket = createTokenBucket(UNLIMITED, clock);
    const worker = connectHubspot(standIn.port, () => standIn.token, { clock, bucket });
    standIn.throttle = throttle;
    expect(await worker.create(KEY, booking, options)).toEqual({ type: 'retry', code: 'destination_unreachable', afterMs: waitMs });
    expect(bucket.level()).toBe(0);
    clock.advance(waitMs - 1);
    expect(bucket.level()).toBe(0);
    clock.advance(1);
    standIn.throttle = null;
    expect(await worker.create(KEY, booking, options)).toMatchObject({ type: 'committed' });
    await worker.close();
  });
});

describe('archived objects', () => {
  test('what a person threw away is absent, and as good as cancelled; it is not moved', async () => {
    await hubspot.create(KEY, booking, options);
    held('meetings').isArchived = true;
    expect(await hubspot.readBack(KEY, booking, options)).toEqual({ type: 'absent' });
    expect(await hubspot.cancel(KEY, booking, options)).toMatchObject({ type: 'committed' });
    expect(await hubspot.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
  });

  test('a key that an archived object keeps is not written again', async () => {
    await hubspot.create(KEY, booking, options);
    held('meetings').isArchived = true;
    standIn.account.archivedKeepsKey = true;
    expect(await hubspot.create(KEY, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(standIn.account.all('meetings')).toHaveLength(1);
  });

  test('what is cancelled lies in the bin, from where a person can take it back', async () => {
    await hubspot.create(KEY, booking, options);
    await hubspot.cancel(KEY, booking, options);
    expect(standIn.account.all('meetings').map(({ isArchived }) => isArchived)).toEqual([true]);
  });
});

describe('what people do beside us', () => {
  test.each([
    ['another time', { hs_meeting_start_time: '2027-03-04T12:00:00Z', hs_timestamp: '2027-03-04T12:00:00Z' }],
    ['another outcome', { hs_meeting_outcome: 'NO_SHOW' }],
    ['a line more in its text', { hs_meeting_body: '<p>Brings her son.</p>' }],
  ])('a meeting with %s is not moved or cancelled', async (_what, edit) => {
    await hubspot.create(KEY, booking, options);
    const meeting = held('meetings');
    meeting.properties = { ...meeting.properties, ...edit };
    expect(await hubspot.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await hubspot.cancel(KEY, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect(standIn.account.all('meetings').filter(({ isArchived }) => !isArchived)).toHaveLength(1);
  });

  test('another content under the same key overwrites nothing', async () => {
    await hubspot.create(KEY, booking, options);
    expect(await hubspot.create(KEY, moved, options)).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await hubspot.readBack(KEY, booking, options)).toMatchObject({ type: 'found' });
  });
});

test('an item that the account refuses is refused for good, although the batch succeeded', async () => {
  const mapping = mappingOf('message', { fields: { hs_pipeline_stage: '99' } });
  const worker = connectHubspot(standIn.port, () => standIn.token, { mapping });
  expect(await worker.create('v1.demo.call-1.1.message', sampleMessage(), options)).toEqual({
    type: 'rejected',
    code: 'destination_rejected',
  });
  await worker.close();
});

test('a token that was exchanged is told as such, and the new one takes effect by itself', async () => {
  let token = 'pat-eu1-old';
  const worker = connectHubspot(standIn.port, () => token);
  expect(await worker.create(KEY, booking, options)).toEqual({ type: 'retry', code: 'destination_unauthorized', afterMs: null });
  await expect(worker.check(options)).rejects.toMatchObject({ code: 'destination_unauthorized' });
  token = standIn.token;
  expect(await worker.create(KEY, booking, options)).toMatchObject({ type: 'committed' });
  await worker.close();
});

test('text in a field of HTML stays text, and its lines stay lines', async () => {
  await hubspot.create('v1.demo.call-1.1.note', note, options);
  expect(await hubspot.readBack('v1.demo.call-1.1.note', note, options)).toMatchObject({ type: 'found', payload: note });
  expect(held('notes', 'v1.demo.call-1.1.note').properties['hs_note_body']).not.toMatch(/<b>|<1>/);
});

test('a record is tied to its contact, also by a repeat; a tie that fails is logged and loses no record', async () => {
  const log = createKeptLogger();
  const worker = connectHubspot(standIn.port, () => standIn.token, { log });
  const made = await worker.create('v1.demo.call-1.1.contact', contact, options);
  if (made.type !== 'committed') throw new Error(made.type);
  const linked = { ...options, links: { contact: made.remoteId } };
  standIn.associationsFail = true;
  expect(await worker.create(KEY, booking, linked)).toMatchObject({ type: 'committed' });
  expect(log.lines).toHaveLength(1);
  standIn.associationsFail = false;
  expect(await worker.create(KEY, booking, linked)).toMatchObject({ type: 'committed' });
  expect([...standIn.associations]).toEqual([`meetings/${held('meetings').id}-contacts/${made.remoteId}`]);
  await worker.close();
});

test.each([
  ['a property that is not there', mappingOf('contact', { fields: { nickname: '{name}' } }), /no property nickname/],
  ['a key that is not unique', mappingOf('contact', { keyField: 'phone' }), /contacts.phone does not ask for unique values/],
])('the check names %s', async (_what, mapping, message) => {
  const worker = connectHubspot(standIn.port, () => standIn.token, { mapping });
  await expect(worker.check(options)).rejects.toMatchObject({ code: 'destination_misbehaved', message: expect.stringMatching(message) });
  await worker.close();
});
