/**
 * Moves that came to nothing and left something behind. A human edited the old entry after an earlier attempt had claimed the new time and
 * its answer was lost: the claim stayed beside the old entry. And a human entered something into the new time while it was being claimed:
 * the old entry was deleted all the same, the new one then gave way, and the caller had neither.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createCaldavDestination, type CaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import { createDavClient, type DavClient } from '../../../src/adapters/destinations/caldav/dav-client.ts';
import { uidQuery } from '../../../src/adapters/destinations/caldav/queries.ts';
import { createHttpClient } from '../../../src/adapters/destinations/http/http-client.ts';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import { createFaultProxy, type FaultProxy } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import type { BookingPayload } from '../../../src/domain/writeback/intent.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { testCalendar, type TestCalendar } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const signal = new AbortController().signal;
const clock = createSystemClock();
const folder = temporaryFolder();
let calendar: TestCalendar;
let proxy: FaultProxy;
let caldav: CaldavDestination;
let human: DavClient;

beforeAll(async () => {
  calendar = await testCalendar(folder.path);
  await calendar.start();
  proxy = await createFaultProxy({ host: '127.0.0.1', port: calendar.port });
  const password = (): string => readFileSync(calendar.passwordFile, 'utf8').trim();
  const access = { url: calendar.url, user: calendar.user, password };
  const url = calendar.url.replace(`:${calendar.port}/`, `:${proxy.port}/`);
  caldav = createCaldavDestination({ access: { ...access, url }, sandbox: true, practice: samplePractice, clock });
  human = createDavClient(access, createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock }));
}, 30_000);
afterAll(async () => {
  await caldav.close();
  await human.close();
  await proxy.close();
  await calendar.kill();
  folder.remove();
});

const count = async (key: string): Promise<number> => (await human.report(uidQuery(remoteIdOf(key)), signal)).length;
const atNoon = (booking: BookingPayload): BookingPayload => ({ ...booking, start: booking.start.replace('T10:30', 'T12:30') });

async function put(href: string, body: string, condition: Readonly<Record<string, string>>): Promise<void> {
  const result = await human.send({ method: 'PUT', href, headers: { 'content-type': 'text/calendar', ...condition }, body, signal });
  expect(result).toMatchObject({ type: 'answered', answer: { status: 201 } });
}

describe('a move in CalDAV', () => {
  test('gives back what an earlier attempt has claimed when a human has edited the old entry meanwhile', async () => {
    const booking = sampleBooking({ start: '2026-05-04T10:30:00+02:00' });
    expect(await caldav.create('move-1', booking, { signal })).toMatchObject({ type: 'committed' });
    expect(await caldav.create('move-2', atNoon(booking), { signal })).toMatchObject({ type: 'committed' });
    const [old] = await human.report(uidQuery(remoteIdOf('move-1')), signal);
    if (old === undefined) throw new Error('the old entry is there');
    await put(old.href, old.data.replace('Laura Becker', 'Laura Becker (bring X-ray)'), { 'if-match': old.etag ?? '' });
    expect(await caldav.update('move-2', atNoon(booking), { key: 'move-1', payload: booking }, { signal })).toEqual({
      type: 'conflict',
      reason: 'changed',
    });
    expect([await count('move-1'), await count('move-2')]).toEqual([1, 0]);
  });

  test('leaves the old time to the caller when a human takes the new one while it is claimed', async () => {
    const booking = sampleBooking({ start: '2026-05-05T10:30:00+02:00' });
    expect(await caldav.create('move-3', booking, { signal })).toMatchObject({ type: 'committed' });
    const entered = Promise.withResolvers<void>();
    const lines = [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Human//EN',
      'BEGIN:VEVENT',
      'UID:human-at-noon',
      'DTSTAMP:20260101T000000Z',
    ];
    const times = ['DTSTART:20260505T103000Z', 'DTEND:20260505T110000Z', 'SUMMARY:Staff', 'END:VEVENT', 'END:VCALENDAR', ''];
    proxy.direct(({ method }) => {
      if (method !== 'PUT') return null;
      put(`${calendar.url}human-at-noon.ics`, [...lines, ...times].join('\r\n'), { 'if-none-match': '*' }).then(
        entered.resolve,
        entered.reject,
      );
      return { kind: 'slow', delayMs: 600 };
    });
    expect(await caldav.update('move-4', atNoon(booking), { key: 'move-3', payload: booking }, { signal })).toEqual({
      type: 'conflict',
      reason: 'slot_taken',
    });
    proxy.direct(null);
    await entered.promise;
    expect([await count('move-3'), await count('move-4')]).toEqual([1, 0]);
  });
});
