import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createCaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import { createDavClient, type CalendarAccess, type DavClient } from '../../../src/adapters/destinations/caldav/dav-client.ts';
import { uidQuery } from '../../../src/adapters/destinations/caldav/queries.ts';
import { createHttpClient } from '../../../src/adapters/destinations/http/http-client.ts';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { personEntry } from '../../support/person-entry.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { testCalendar, type TestServer } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';
import { testXandikos } from '../../support/xandikos-server.ts';
import { describeRecordDestination, type RecordSubject } from './record-suite.ts';

/** A calendar server with one calendar at `path`. */
interface CalendarServer {
  readonly server: TestServer;
  readonly port: number;
  readonly path: string;
  readonly password: () => string;
}

// Waits are real; the appointments lie in a year of their own.
const clock = { ...createSystemClock(), businessEpochMs: () => Date.UTC(2026, 11, 20) };
const signal = new AbortController().signal;

const radicale = async (folder: string): Promise<CalendarServer> => {
  const server = await testCalendar(folder);
  const password = (): string => readFileSync(server.passwordFile, 'utf8').trim();
  return { server, port: server.port, path: new URL(server.url).pathname, password };
};

const xandikos = async (folder: string): Promise<CalendarServer> => {
  const server = await testXandikos(folder);
  return { server, port: server.port, path: server.path, password: () => 'not asked for' };
};

const accessTo = ({ path, password }: CalendarServer, port: number): CalendarAccess => ({
  url: `http://127.0.0.1:${port}${path}`,
  user: 'practice',
  password,
});

/** What a person's program uses: the server itself, without the adapter. */
const davOf = (calendar: CalendarServer): DavClient =>
  createDavClient(accessTo(calendar, calendar.port), createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock }));

function subjectAt(calendar: CalendarServer, port: number): RecordSubject {
  const destination = createCaldavDestination({
    access: accessTo(calendar, port),
    sandbox: true,
    practice: () => ({ ...samplePractice(), horizonDays: 365 }),
    clock,
  });
  const dav = davOf(calendar);
  const ours = (key: string) => dav.report(uidQuery(remoteIdOf(key)), signal);
  return {
    destination,
    count: async (key) => (await ours(key)).length,
    edit: async (key) => {
      const [entry] = await ours(key);
      if (entry === undefined) throw new Error('nothing to edit');
      const body = entry.data.replace(/SUMMARY:[^\r\n]*/, 'SUMMARY:Changed by the desk');
      await dav.send({ method: 'PUT', href: entry.href, headers: { 'content-type': 'text/calendar' }, body, signal });
    },
    close: async () => {
      await Promise.all([destination.close(), dav.close()]);
    },
  };
}

for (const [name, prepare] of [
  ['CalDAV on Radicale', radicale],
  ['CalDAV on Xandikos', xandikos],
] as const) {
  const folder = temporaryFolder();
  const calendar = await prepare(folder.path);
  beforeAll(() => calendar.server.start(), 60_000);
  afterAll(async () => {
    await calendar.server.kill();
    folder.remove();
  });
  describeRecordDestination(
    {
      name,
      start: () => Promise.resolve({ host: '127.0.0.1', port: calendar.port }),
      connect: (port) => Promise.resolve(subjectAt(calendar, port)),
      stop: () => Promise.resolve(),
      cancellable: ['booking'],
    },
    ['booking'],
  );

  describe(`${name}, beside a person's program`, () => {
    const options = { signal };
    const { destination, count, close } = subjectAt(calendar, calendar.port);
    const person = davOf(calendar);
    const put = async (href: string, body: string): Promise<void> => {
      const headers = { 'content-type': 'text/calendar' };
      const result = await person.send({ method: 'PUT', href, headers, body, signal });
      expect(result.type === 'answered' && result.answer.status).toBe(201);
    };
    afterAll(() => Promise.all([close(), person.close()]));

    test('a record that the program keeps under an address and a time of its own is not written again', async () => {
      const key = 'v1.demo.elsewhere.1.booking';
      const booking = sampleBooking({ start: '2027-05-03T09:00:00+02:00' });
      expect(await destination.create(key, booking, options)).toMatchObject({ type: 'committed' });
      const [entry] = await person.report(uidQuery(remoteIdOf(key)), signal);
      if (entry === undefined) throw new Error('nothing was written');
      await person.send({ method: 'DELETE', href: entry.href, signal });
      await put('of-the-program.ics', entry.data.replaceAll('20270503T', '20270504T'));
      const again = await destination.create(key, booking, options);
      expect(again).toMatchObject({ type: 'committed', remoteId: `${calendar.path}of-the-program.ics` });
      expect(await count(key, 'booking')).toBe(1);
      expect(await destination.cancel(key, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
    });

    test('an entry that recurs takes its time on each of its days, and not on another one', async () => {
      await put('weekly.ics', personEntry('weekly', ['DTSTART:20270601T090000Z', 'DTEND:20270601T093000Z', 'RRULE:FREQ=WEEKLY;COUNT=8']));
      // It knows no list of such entries yet, which may be a minute old.
      const { destination: fresh, close: closeFresh } = subjectAt(calendar, calendar.port);
      const startsOn = async (day: string): Promise<readonly string[]> =>
        (await fresh.availability({ service: 'check-up', fromDay: day, toDay: day }, options)).map(({ start }) => start);
      for (const day of ['2027-06-01', '2027-06-08', '2027-07-20']) expect(await startsOn(day)).not.toContain(`${day}T11:00:00+02:00`);
      for (const day of ['2027-06-09', '2027-07-27']) expect(await startsOn(day)).toContain(`${day}T11:00:00+02:00`);
      const taken = sampleBooking({ start: '2027-07-20T11:00:00+02:00' });
      expect(await fresh.create('v1.demo.recurs.1.booking', taken, options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
      await closeFresh();
    });
  });
}
