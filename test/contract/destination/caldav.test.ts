import { createServer, type RequestListener } from 'node:http';
import { readFileSync } from 'node:fs';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCaldavDestination, type CaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { BERLIN, enterByHand } from '../../support/person-entry.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { freePort, testCalendar, type TestCalendar } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
/** A Monday morning in winter time, before the practice opens. */
const NOW = Date.UTC(2026, 2, 2, 6, 0);
const folder = temporaryFolder();
let calendar: TestCalendar;
let caldav: CaldavDestination;

const destinationAt = (url: string): CaldavDestination =>
  createCaldavDestination({
    access: { url, user: 'practice', password: () => 'secret' },
    sandbox: true,
    practice: samplePractice,
    clock: createManualClock(NOW),
  });

beforeAll(async () => {
  calendar = await testCalendar(folder.path);
  await calendar.start();
  const password = (): string => readFileSync(calendar.passwordFile, 'utf8').trim();
  caldav = createCaldavDestination({
    access: { url: calendar.url, user: calendar.user, password },
    sandbox: true,
    practice: samplePractice,
    clock: createManualClock(NOW),
  });
}, 30_000);
afterAll(async () => {
  await caldav.close();
  await calendar.kill();
  folder.remove();
});

const addEntry = (lines: readonly string[], zone?: readonly string[]): Promise<void> => enterByHand(calendar, lines, zone);

const startsOn = async (day: string): Promise<readonly string[]> =>
  (await caldav.availability({ service: 'check-up', fromDay: day, toDay: day }, options)).map(({ start }) => start.slice(11, 16));

const MORNING = ['08:00', '08:30', '09:00', '09:30', '10:00', '10:30', '11:00', '11:30'];
const AFTERNOON = ['14:00', '14:30', '15:00', '15:30', '16:00', '16:30', '17:00', '17:30'];
const without = (...gone: readonly string[]): readonly string[] => [...MORNING, ...AFTERNOON].filter((start) => !gone.includes(start));

describe('free slots', () => {
  test('are the opening hours of the days asked for, none on a closed day, in the offset of the day', async () => {
    const slots = await caldav.availability({ service: 'check-up', fromDay: '2026-03-27', toDay: '2026-03-30' }, options);
    expect(slots).toHaveLength(32);
    expect(slots[0]).toEqual({ start: '2026-03-27T08:00:00+01:00', minutes: 30 });
    // Summer time begins on the Sunday between.
    expect(slots.at(-1)).toEqual({ start: '2026-03-30T17:30:00+02:00', minutes: 30 });
    expect(await caldav.availability({ service: 'unheard-of', fromDay: '2026-03-27', toDay: '2026-03-30' }, options)).toEqual([]);
  });

  test.each([
    ['2026-03-03', 'an entry in universal time', ['DTSTART:20260303T090000Z', 'DTEND:20260303T093000Z'], without('10:00')],
    [
      '2026-03-04',
      'an entry in a zone that is only named',
      ['DTSTART;TZID=Europe/London:20260304T090000', 'DTEND;TZID=Europe/London:20260304T091500'],
      without('10:00'),
    ],
    ['2026-03-05', 'an entry without a zone', ['DTSTART:20260305T090000', 'DTEND:20260305T100000'], without('09:00', '09:30')],
    ['2026-03-06', 'an entry of a whole day', ['DTSTART;VALUE=DATE:20260306', 'DTEND;VALUE=DATE:20260307'], []],
    ['2026-03-09', 'an entry with a duration across two slots', ['DTSTART:20260309T081500Z', 'DURATION:PT30M'], without('09:00', '09:30')],
    ['2026-03-10', 'a free entry', ['DTSTART:20260310T090000Z', 'DTEND:20260310T093000Z', 'TRANSP:TRANSPARENT'], without()],
    ['2026-03-11', 'a cancelled entry', ['DTSTART:20260311T090000Z', 'DTEND:20260311T093000Z', 'STATUS:CANCELLED'], without()],
  ])('on %s leave out %s', async (day, _what, lines, expected) => {
    await addEntry(lines);
    expect(await startsOn(day)).toEqual(expected);
  });

  test('leave out every occurrence of a recurring entry, also after the change of summer time, but for its exceptions', async () => {
    await addEntry(
      [
        'DTSTART;TZID=Europe/Berlin:20260317T083000',
        'DTEND;TZID=Europe/Berlin:20260317T090000',
        'RRULE:FREQ=WEEKLY;COUNT=4',
        'EXDATE;TZID=Europe/Berlin:20260324T083000',
      ],
      BERLIN,
    );
    expect(await startsOn('2026-03-17')).toEqual(without('08:30'));
    expect(await startsOn('2026-03-24')).toEqual(without());
    expect(await startsOn('2026-03-31')).toEqual(without('08:30'));
    expect(await startsOn('2026-04-07')).toEqual(without('08:30'));
    expect(await startsOn('2026-04-14')).toEqual(without());
  });

  test('a time that an entry without a zone takes is a conflict, and the time that it would take in universal time is not', async () => {
    await addEntry(['DTSTART:20260312T090000', 'DTEND:20260312T093000']);
    const booking = sampleBooking({ start: '2026-03-12T09:00:00+01:00' });
    expect(await caldav.create('v1.demo.float.1.booking', booking, options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
    expect(await caldav.create('v1.demo.float.2.booking', { ...booking, start: '2026-03-12T10:00:00+01:00' }, options)).toMatchObject({
      type: 'committed',
    });
  });

  test('leave out what was booked, and a booking into a recurring entry is a conflict', async () => {
    const booking = sampleBooking({ start: '2026-03-31T09:00:00+02:00' });
    expect(await caldav.create('v1.demo.slots.1.booking', booking, options)).toMatchObject({ type: 'committed' });
    expect(await startsOn('2026-03-31')).toEqual(without('08:30', '09:00'));
    expect(await caldav.create('v1.demo.slots.2.booking', { ...booking, start: '2026-03-31T08:30:00+02:00' }, options)).toEqual({
      type: 'conflict',
      reason: 'slot_taken',
    });
  });
});

describe('the calendar entry', () => {
  test('shows service and name, keeps the reason out, and carries the key', async () => {
    const key = 'v1.demo.entry.1.booking';
    const created = await caldav.create(key, sampleBooking({ start: '2026-04-20T10:30:00+02:00', reason: 'blood in the urine' }), options);
    if (created.type !== 'committed') throw new Error(created.type);
    expect(created.remoteId).toMatch(/\/slot-weber-20260420T0830Z\.ics$/);
    const authorization = `Basic ${Buffer.from(`practice:${readFileSync(calendar.passwordFile, 'utf8').trim()}`).toString('base64')}`;
    const text = await (await request(new URL(created.remoteId, calendar.url), { headers: { authorization } })).body.text();
    expect(text).toContain('SUMMARY:Check-up - Laura Becker');
    expect(text).toContain('DESCRIPTION:Phone: +493055501234');
    expect(text).toContain(key);
    expect(text).not.toContain('urine');
  });
});

/** A server that stands where the calendar should be; `answers` take turns, the last one stays. */
async function withServer<T>(answer: RequestListener, work: (destination: CaldavDestination) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const destination = destinationAt(`http://127.0.0.1:${address.port}/practice/appointments/`);
  try {
    return await work(destination);
  } finally {
    await destination.close();
    server.closeAllConnections();
    server.close();
  }
}

const EMPTY_REPORT = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"></D:multistatus>';
/** Answers every question with an empty calendar, and writes as told. */
const onWrite =
  (write: RequestListener): RequestListener =>
  (from, to) => {
    from.resume();
    if (from.method !== 'REPORT') return write(from, to);
    to.writeHead(207, { 'content-type': 'application/xml' }).end(EMPTY_REPORT);
    return undefined;
  };

const create = (destination: CaldavDestination) => destination.create('v1.demo.x.1.booking', sampleBooking(), options);

describe('an answer to a write', () => {
  test.each([
    [401, {}, { type: 'retry', code: 'destination_unauthorized', afterMs: null }],
    [429, { 'retry-after': '7' }, { type: 'retry', code: 'destination_unreachable', afterMs: 7000 }],
    [503, { 'retry-after': new Date(NOW + 30_000).toUTCString() }, { type: 'retry', code: 'destination_unreachable', afterMs: 30_000 }],
    [400, {}, { type: 'rejected', code: 'destination_rejected' }],
    [500, {}, { type: 'unknown', code: 'destination_misbehaved' }],
    [502, {}, { type: 'unknown', code: 'destination_misbehaved' }],
    [200, { 'content-type': 'text/html' }, { type: 'unknown', code: 'destination_misbehaved' }],
    [400, { 'content-type': 'text/html' }, { type: 'unknown', code: 'destination_misbehaved' }],
  ])('with status %i and %o means %o', async (status, headers, expected) => {
    const result = await withServer(
      onWrite((_from, to) => void to.writeHead(status, headers).end('')),
      create,
    );
    expect(result).toEqual(expected);
  });

  test('that holds its status in a multistatus means what that status says', async () => {
    const condition = '<D:status>HTTP/1.1 412 Precondition Failed</D:status><D:error><C:valid-calendar-data xmlns:C="c"/></D:error>';
    const body = `<D:multistatus xmlns:D="DAV:"><D:response>${condition}</D:response></D:multistatus>`;
    const result = await withServer(
      onWrite((_from, to) => void to.writeHead(207, { 'content-type': 'text/xml; charset="utf-8"' }).end(body)),
      create,
    );
    expect(result).toEqual({ type: 'rejected', code: 'destination_rejected' });
  });

  test('that never comes because the connection breaks is unknown', async () => {
    const result = await withServer(
      onWrite((from) => void from.socket.destroy()),
      create,
    );
    expect(result).toEqual({ type: 'unknown', code: 'destination_unreachable' });
  });

  test('that does not come within its time is unknown, and the request is given up', async () => {
    const result = await withServer(
      onWrite(() => undefined),
      (destination) => destination.create('v1.demo.x.1.booking', sampleBooking(), { signal: AbortSignal.timeout(200) }),
    );
    expect(result).toEqual({ type: 'unknown', code: 'destination_unreachable' });
  });

  test('is not waited for when nobody listens: nothing was sent', async () => {
    const destination = destinationAt(`http://127.0.0.1:${await freePort()}/practice/appointments/`);
    expect(await create(destination)).toEqual({ type: 'retry', code: 'destination_unreachable', afterMs: null });
    await expect(destination.check(options)).rejects.toMatchObject({ code: 'destination_unreachable' });
    expect(await destination.readBack('v1.demo.x.1.booking', sampleBooking(), options)).toEqual({
      type: 'unavailable',
      code: 'destination_unreachable',
    });
    await destination.close();
  });

  test.each([
    [401, 'text/plain', 'no', 'destination_unauthorized'],
    [200, 'text/html', '<html></html>', 'destination_misbehaved'],
    [207, 'application/xml', '<html><body></html>', 'destination_misbehaved'],
    [207, 'application/xml', '<a><b></a></b>', 'destination_misbehaved'],
  ])('to a question with status %i, %s %s is told as %s', async (status, type, body, code) => {
    await withServer(
      (from, to) => {
        from.resume();
        to.writeHead(status, { 'content-type': type }).end(body);
      },
      async (destination) => {
        const query = { service: 'check-up', fromDay: '2026-03-03', toDay: '2026-03-03' };
        await expect(destination.availability(query, options)).rejects.toMatchObject({ code });
        expect(await create(destination)).toEqual({ type: 'retry', code, afterMs: null });
      },
    );
  });
});
