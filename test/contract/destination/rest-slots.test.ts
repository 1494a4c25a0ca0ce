import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { readRestSystem } from '../../../src/adapters/destinations/rest/rest-system.ts';
import { createRestDestination, type RestDestination } from '../../../src/adapters/destinations/rest/rest.ts';
import type { SlotQuery } from '../../../src/domain/hours/free-slot.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { freePort } from '../../support/servers.ts';
import { startPracticeSystem, type PracticeSystem } from '../../support/stand-ins/rest/practice-system.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const MAPPINGS = join(import.meta.dirname, '../../../config/mappings');
const NOW = Date.parse('2027-02-01T08:10:00Z');
const clock = { ...createSystemClock(), businessEpochMs: () => NOW };
const options = () => ({ signal: AbortSignal.timeout(5000) });
const TODAY: SlotQuery = { service: 'check-up', fromDay: '2027-02-01', toDay: '2027-02-01' };
const ITEM = { start: '2027-02-01T09:00:00Z', minutes: 30 };
const FIRST_KEY = 'v1.demo.call-1.1.booking';
const SECOND_KEY = 'v1.demo.call-2.1.booking';

let folder: ReturnType<typeof temporaryFolder>;
let server: PracticeSystem;
let opened: RestDestination[];
beforeEach(async () => {
  folder = temporaryFolder();
  opened = [];
  server = await startPracticeSystem(clock.epochMs);
});
afterEach(async () => {
  expect(server.violations()).toEqual([]);
  await Promise.all(opened.map((one) => one.close()));
  await server.close();
  folder.remove();
});

/** The destination of the example, whose mapping is changed in these places. */
function connect(changes: readonly (readonly [from: string, to: string])[] = [], port = server.port): RestDestination {
  cpSync(join(MAPPINGS, 'rest-example.openapi.yaml'), join(folder.path, 'rest-example.openapi.yaml'));
  const file = join(folder.path, 'rest-example.yaml');
  let text = readFileSync(join(MAPPINGS, 'rest-example.yaml'), 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the example does not contain ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(file, text);
  const access = { url: `http://127.0.0.1:${port}/api`, credential: () => server.token, signingSecret: () => server.secret };
  const system = readRestSystem(file);
  const destination = createRestDestination({ system, access, practice: samplePractice, clock, sandbox: true });
  opened.push(destination);
  return destination;
}
const startsOf = async (destination: RestDestination, query = TODAY): Promise<readonly string[]> =>
  (await destination.availability(query, options())).map(({ start }) => start);

describe('free slots of a system behind an OpenAPI document', () => {
  test('are those that it lays out and that are to come, at the practice’s own time', async () => {
    const destination = connect();
    expect(destination.capabilities.tellsFreeSlots).toBe(true);
    const slots = await destination.availability(TODAY, options());
    expect(slots).toHaveLength(5 + 8);
    expect(slots[0]).toEqual({ start: '2027-02-01T09:30:00+01:00', minutes: 30 });
    expect(slots.at(-1)).toEqual({ start: '2027-02-01T17:30:00+01:00', minutes: 30 });
    expect(server.slotQuestions).toEqual(['?service=CHECK&from=2027-02-01&to=2027-02-01&limit=2000']);
  });

  test('are asked for over as many days as one question may span, and offered within the horizon', async () => {
    const starts = await startsOf(connect(), { ...TODAY, toDay: '2028-02-01' });
    expect(server.slotQuestions[0]).toContain('&to=2027-04-03&');
    expect(starts.at(-1)).toBe('2027-04-02T18:30:00+02:00');
  });

  test.each([
    ['of days that are over', { ...TODAY, fromDay: '2027-01-29', toDay: '2027-01-31' }],
    ['of a service that the practice does not have', { ...TODAY, service: 'surgery' }],
  ])('%s are not asked for', async (_what, query) => {
    expect(await startsOf(connect(), query)).toEqual([]);
    expect(server.slotQuestions).toEqual([]);
  });

  test('become fewer by an appointment, and come back when it is cancelled', async () => {
    const destination = connect();
    const [first = '', ...others] = await startsOf(destination);
    const booking = sampleBooking({ start: first });
    expect(await destination.create(FIRST_KEY, booking, options())).toMatchObject({ type: 'committed' });
    expect(await startsOf(destination)).toEqual(others);
    expect(await destination.cancel(FIRST_KEY, booking, options())).toMatchObject({ type: 'committed' });
    expect(await startsOf(destination)).toEqual([first, ...others]);
  });

  test('that two callers were offered are given to the one who is first; the other hears that the time is taken', async () => {
    const [one, other] = [connect(), connect()];
    const [start = ''] = await startsOf(one);
    expect((await startsOf(other))[0]).toBe(start);
    const [mine, theirs] = [sampleBooking({ start }), sampleBooking({ start, name: 'Jonas Keller', phone: '+493055509999' })];
    expect(await one.create(FIRST_KEY, mine, options())).toMatchObject({ type: 'committed' });
    expect(await other.create(SECOND_KEY, theirs, options())).toEqual({ type: 'conflict', reason: 'slot_taken' });
    expect(await one.readBack(FIRST_KEY, mine, options())).toMatchObject({ type: 'found' });
    expect(await other.readBack(SECOND_KEY, theirs, options())).toEqual({ type: 'absent' });
  });

  test('that two callers book at the same moment are given to one of them', async () => {
    const [one, other] = [connect(), connect()];
    const [start = ''] = await startsOf(one);
    const booking = sampleBooking({ start });
    const results = await Promise.all([one.create(FIRST_KEY, booking, options()), other.create(SECOND_KEY, booking, options())]);
    expect(results.map(({ type }) => type).toSorted()).toEqual(['committed', 'conflict']);
    expect(server.count(remoteIdOf(FIRST_KEY)) + server.count(remoteIdOf(SECOND_KEY))).toBe(1);
  });

  test('are none where the mapping does not say how they are asked for, and the destination says so', async () => {
    const text = readFileSync(join(MAPPINGS, 'rest-example.yaml'), 'utf8');
    const block = /^freeSlots:\n(?: {2}.*\n)+/m.exec(text)?.[0] ?? '';
    const codes = '{ check-up: CHECK }';
    const destination = connect([
      [block, ''],
      ['*codes', codes],
    ]);
    expect(destination.capabilities.tellsFreeSlots).toBe(false);
    expect(await startsOf(destination)).toEqual([]);
  });
});

test('a check asks for free slots too, so that an answer that does not fit shows before a caller rings', async () => {
  const destination = connect();
  await expect(destination.check(options())).resolves.toBeUndefined();
  expect(server.slotQuestions).toEqual(['?service=CHECK&from=2027-02-01&to=2027-02-07&limit=2000']);
  await expect(connect([['value: 2000', 'value: 12']]).check(options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
});

describe('an answer about free slots', () => {
  const given = (body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): void =>
    server.answerNext('GET', { status, body, headers });

  test('that names a slot twice, and not in order, is put in order', async () => {
    given({
      items: [{ ...ITEM, start: '2027-02-01T11:00:00+01:00' }, ITEM, { ...ITEM, start: '2027-02-01T10:00:00.000+01:00' }],
      next: null,
    });
    expect(await startsOf(connect())).toEqual(['2027-02-01T10:00:00+01:00', '2027-02-01T11:00:00+01:00']);
  });

  test('with slots of another length is taken at its word; one that is too short for the service is not offered', async () => {
    given({
      items: [
        { ...ITEM, minutes: 20 },
        { start: '2027-02-01T10:00:00Z', minutes: 45 },
      ],
      next: null,
    });
    expect(await connect().availability(TODAY, options())).toEqual([{ start: '2027-02-01T11:00:00+01:00', minutes: 45 }]);
  });

  test.each([
    ['that goes on another page', { items: [ITEM], next: 'page 2' }, {}],
    ['that links to another page', { items: [ITEM], next: null }, { link: '</api/slots?page=2>; rel="next"' }],
    ['that links to another page among others', { items: [ITEM], next: null }, { link: '</a>; rel="up", </b>; rel="last next"' }],
    ['whose list is missing', { next: null }, {}],
    ['with a slot that has no start', { items: [ITEM, { minutes: 30 }], next: null }, {}],
    ['that the document does not describe', { items: [{ ...ITEM, start: 'soon' }], next: null }, {}],
    ['with a slot that lasts nine hours', { items: [{ ...ITEM, minutes: 540 }], next: null }, {}],
    ['with a slot that begins within a minute', { items: [{ ...ITEM, start: '2027-02-01T09:00:30Z' }], next: null }, {}],
    ['with more slots than anyone can mean', { items: Array.from({ length: 5001 }, () => ITEM), next: null }, {}],
    ['that is a page for people', '<html>Log in</html>', {}],
  ])('%s is not believed, in no part', async (_what, body, headers) => {
    const destination = connect();
    given(body, headers);
    await expect(destination.availability(TODAY, options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
    expect(await startsOf(destination)).toHaveLength(13);
  });

  test.each([
    [404, 'destination_misbehaved'],
    [401, 'destination_unauthorized'],
    [503, 'destination_unreachable'],
  ])('of status %i is no "nothing is free"', async (status, code) => {
    given({}, {}, status);
    await expect(connect().availability(TODAY, options())).rejects.toMatchObject({ code });
  });

  test('that never comes is told as such', async () => {
    await expect(connect([], await freePort()).availability(TODAY, options())).rejects.toMatchObject({ code: 'destination_unreachable' });
  });

  test('is cut short by the system when it is asked for fewer, and not believed', async () => {
    const destination = connect([['value: 2000', 'value: 12']]);
    await expect(destination.availability(TODAY, options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
  });

  test('to a question that does not fit the document is never got', async () => {
    const unmapped = connect([
      ['check-up: CHECK, ', ''],
      ['*codes', '{ check-up: CHECK }'],
    ]);
    await expect(unmapped.availability(TODAY, options())).rejects.toMatchObject({
      code: 'destination_misbehaved',
      message: expect.stringContaining('listSlots does not take our question'),
    });
  });
});

describe('a mapping of free slots', () => {
  test.each([
    ['names the end of a slot', ['minutesField: /minutes', 'endField: /end'], 45],
    ['names no length, so that a slot is as long as the service', ['  minutesField: /minutes\n', ''], 30],
  ] as const)('that %s', async (_what, change, minutes) => {
    const destination = connect([change]);
    server.answerNext('GET', { status: 200, body: { items: [{ ...ITEM, end: '2027-02-01T09:45:00Z' }], next: null } });
    expect(await destination.availability(TODAY, options())).toEqual([{ start: '2027-02-01T10:00:00+01:00', minutes }]);
  });

  test('whose slots end before they begin makes the answer one that is not believed', async () => {
    const destination = connect([['minutesField: /minutes', 'endField: /end']]);
    server.answerNext('GET', { status: 200, body: { items: [{ ...ITEM, end: '2027-02-01T08:45:00Z' }], next: null } });
    await expect(destination.availability(TODAY, options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
  });

  test('decides what a time without a zone is: UTC, or nothing that can be read', async () => {
    const local = { status: 200, body: { items: [{ from: '2027-02-01 09:00', ...ITEM }], next: null } };
    const startField = ['startField: /start', 'startField: /from'] as const;
    server.answerNext('GET', local);
    await expect(connect([startField]).availability(TODAY, options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
    server.answerNext('GET', local);
    const inUtc = connect([startField, ['minutesField:', 'timesWithoutZone: utc\n  minutesField:']]);
    expect(await startsOf(inUtc)).toEqual(['2027-02-01T10:00:00+01:00']);
  });
});
