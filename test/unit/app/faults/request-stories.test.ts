import { describe, expect, test } from 'vitest';
import { createFhirStories } from '../../../../src/app/faults/fhir/fhir-stories.ts';
import { dayOfStory, phoneOf } from '../../../../src/app/faults/story.ts';
import { createTrytonStories } from '../../../../src/app/faults/tryton/tryton-stories.ts';
import { remoteIdOf } from '../../../../src/domain/writeback/op-key.ts';

const KEY = 'v1.faults.faults-7-1.1.booking';
const day = dayOfStory(7);

describe('the story of a FHIR request', () => {
  const stories = createFhirStories(remoteIdOf);
  stories.expect(KEY, 7);
  const get = (path: string): number | null => stories.storyOf({ method: 'GET', path: `/fhir/${path}`, body: Buffer.from('') });
  const before = dayOfStory(6);

  test.each([
    ['by the key', `Appointment?identifier=${encodeURIComponent(`urn:vestibule:key|${remoteIdOf(KEY)}`)}&_count=200`],
    [
      'by the end of the time that is looked at',
      `Slot?schedule=Schedule%2Fdesk&start=ge${before}T10%3A00%3A00Z&start=lt${day}T10%3A30%3A00Z`,
    ],
    ['by the key of a further step', `Communication?identifier=urn:vestibule:key|${remoteIdOf(`${KEY}.note`)}`],
    ['by the number of the caller', `Patient?telecom=${encodeURIComponent(`${phoneOf(7, 0)},+49 30 1`)}`],
    ['by the day after blocked times', `Slot?status=busy-unavailable&start=ge2029-11-01T10%3A00%3A00Z&start=lt${before}T10%3A00%3A00Z`],
  ])('is found %s', (_how, path) => {
    expect(get(path)).toBe(7);
  });

  test('is found by what an earlier transaction named', () => {
    expect(get('Slot/slot-1')).toBe(null);
    const entry = [{ resource: { resourceType: 'Appointment', start: `${day}T10:00:00Z`, slot: [{ reference: 'Slot/slot-1' }] } }];
    const body = Buffer.from(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }));
    expect(stories.storyOf({ method: 'POST', path: '/fhir', body })).toBe(7);
    expect(get('Slot/slot-1')).toBe(7);
  });

  test('is known of a contact, whose key only the ledger can make, once it was written', () => {
    const uid = remoteIdOf('the key of a contact');
    expect(get(`Patient?identifier=urn:vestibule:key|${uid}`)).toBe(null);
    const patient = { resourceType: 'Patient', identifier: [{ value: uid }], telecom: [{ value: phoneOf(7, 0) }] };
    const body = Buffer.from(JSON.stringify(patient));
    expect(stories.storyOf({ method: 'POST', path: '/fhir/Patient', body })).toBe(7);
    expect(get(`Patient?identifier=urn:vestibule:key|${uid}`)).toBe(7);
  });

  test('says which writes its faults hit: the claim in one story, then the contact or the note', () => {
    const write = (path: string, story: number): boolean =>
      stories.isWrite({ method: 'POST', path, body: Buffer.from(JSON.stringify({ phone: phoneOf(story, 0) })) });
    const hit = (story: number): readonly string[] =>
      ['/fhir', '/fhir/Patient', '/fhir/Communication', '/fhir/Slot'].filter((path) => write(path, story));
    expect([4, 5, 6, 7].map(hit)).toEqual([['/fhir'], ['/fhir/Patient'], ['/fhir'], ['/fhir/Communication']]);
  });

  test('is none of a question about the server', () => {
    expect(get('metadata')).toBe(null);
    expect(get('Schedule/desk')).toBe(null);
  });
});

describe('the story of a call of Tryton', () => {
  const contactUid = remoteIdOf('the key of a contact');
  const stories = createTrytonStories(remoteIdOf, (_model, id) => (id === 12 ? contactUid : null));
  stories.expect(KEY, 7);
  const asked = (method: string, params: unknown) => ({
    method: 'POST',
    path: '/practice/',
    body: Buffer.from(JSON.stringify({ id: 1, method, params })),
  });
  const create = asked('model.party.party.create', [[{ code: contactUid, contact_mechanisms: [['create', [{ value: phoneOf(7, 0) }]]] }]]);
  const note = asked('model.ir.note.create', [[{ message: `Reference: ${remoteIdOf(`${KEY}.note`)}` }]]);

  test('is found by the number, the key, and the record that is deleted', () => {
    const look = asked('model.party.party.search_read', [[['code', '=', contactUid]]]);
    expect(stories.storyOf(look)).toBe(null);
    expect(stories.storyOf(create)).toBe(7);
    expect(stories.storyOf(look)).toBe(7);
    expect(stories.storyOf(note)).toBe(7);
    expect(stories.storyOf(asked('model.party.party.delete', [[12], {}]))).toBe(7);
    expect(stories.storyOf(asked('common.db.login', ['admin']))).toBe(null);
  });

  test('says which writes its faults hit: contacts in one story, notes in the next', () => {
    expect([create, note].map((one) => stories.isWrite(one))).toEqual([true, false]);
    stories.expect('v1.faults.faults-8-1.1.booking', 8);
    const next = asked('model.ir.note.create', [[{ message: `Phone: ${phoneOf(8, 0)}` }]]);
    const read = asked('model.ir.note.search_read', [[['message', 'like', phoneOf(8, 0)]]]);
    expect([next, read].map((one) => stories.isWrite(one))).toEqual([true, false]);
  });
});
