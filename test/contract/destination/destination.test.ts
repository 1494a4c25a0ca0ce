import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { request } from 'undici';
import { createCaldavDestination, type CaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import type { BookingPayload } from '../../../src/domain/writeback/intent.ts';
import { isSameRecord } from '../../../src/domain/writeback/same-record.ts';
import type { Destination } from '../../../src/ports/destination.ts';
import { createFakeDestination, type FakeDestination } from '../../support/fake-destination.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { testCalendar, type TestCalendar } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const signal = new AbortController().signal;
const options = { signal };

/** What a human does to the calendar beside us. */
interface Human {
  add(start: string, minutes: number): Promise<void>;
  editOurs(key: string, booking: BookingPayload): Promise<void>;
}

interface Subject {
  readonly destination: Destination;
  readonly human: Human;
}

let lastDay = 0;
/** A time of its own for every test, so that they share one calendar. */
const freshBooking = (parts: Partial<BookingPayload> = {}): BookingPayload => {
  lastDay += 1;
  const day = new Date(Date.UTC(2027, 0, 1) + lastDay * 86_400_000).toISOString().slice(0, 10);
  return sampleBooking({ start: `${day}T10:30:00+01:00`, ...parts });
};
const at = (booking: BookingPayload, minutes: number): string => new Date(Date.parse(booking.start) + minutes * 60_000).toISOString();
let lastKey = 0;
const freshKey = (): string => `v1.demo.call-${(lastKey += 1)}.1.booking`;

const folder = temporaryFolder();
let calendar: TestCalendar;
let caldav: CaldavDestination;

async function dav(method: string, url: string, body?: string): Promise<{ readonly status: number; readonly text: string }> {
  const authorization = `Basic ${Buffer.from(`practice:${readFileSync(calendar.passwordFile, 'utf8').trim()}`).toString('base64')}`;
  const answer = await request(url, {
    method: method as 'GET',
    headers: { authorization, 'content-type': 'text/calendar' },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

const icsTime = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

const realHuman: Human = {
  add: async (start, minutes) => {
    const uid = `human-${(lastKey += 1)}`;
    const end = icsTime(new Date(Date.parse(start) + minutes * 60_000).toISOString());
    const body = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Human//EN\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:${icsTime(start)}\r\nDTEND:${end}\r\nSUMMARY:Staff\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
    expect((await dav('PUT', `${calendar.url}${uid}.ics`, body)).status).toBe(201);
  },
  editOurs: async (key, booking) => {
    const found = await caldav.readBack(key, booking, options);
    if (found.type !== 'found') throw new Error('nothing to edit');
    const url = new URL(found.remoteId, calendar.url).href;
    const { text } = await dav('GET', url);
    expect((await dav('PUT', url, text.replace(/SUMMARY:[^\r\n]*/, 'SUMMARY:Changed by the desk'))).status).toBe(201);
  },
};

beforeAll(async () => {
  calendar = await testCalendar(folder.path);
  await calendar.start();
  const password = (): string => readFileSync(calendar.passwordFile, 'utf8').trim();
  caldav = createCaldavDestination({
    access: { url: calendar.url, user: calendar.user, password },
    sandbox: true,
    practice: samplePractice,
    clock: createManualClock(Date.UTC(2026, 11, 20)),
  });
}, 30_000);
afterAll(async () => {
  await caldav.close();
  await calendar.kill();
  folder.remove();
});

const fakeSubject = (): Subject => {
  const fake: FakeDestination = createFakeDestination();
  return {
    destination: fake,
    human: {
      add: async (start, minutes) => fake.addForeign(start, minutes),
      editOurs: async (key) =>
        fake.edit(key, (payload) => (payload.kind === 'booking' ? { ...payload, name: 'Changed by the desk' } : payload)),
    },
  };
};

describe.each([
  ['fake', fakeSubject],
  ['CalDAV on Radicale', (): Subject => ({ destination: caldav, human: realHuman })],
])('calendar destination (%s)', (_name, make) => {
  let destination: Destination;
  let human: Human;
  beforeEach(() => {
    ({ destination, human } = make());
  });

  test('what was created is read back as it was agreed', async () => {
    const [key, booking] = [freshKey(), freshBooking({ name: 'Zoë Müller; née "O\'Neil", \\ & <Co>', reason: 'not for the calendar' })];
    expect(await destination.readBack(key, booking, options)).toEqual({ type: 'absent' });
    expect(await destination.create(key, booking, options)).toMatchObject({ type: 'committed' });
    const back = await destination.readBack(key, booking, options);
    if (back.type !== 'found') throw new Error(back.type);
    expect(back.payload).toEqual({ ...booking, reason: null });
    expect(isSameRecord(booking, back.payload)).toBe(true);
    expect(back.contested).toBe(false);
  });

  test('a repeat under the same key finds its own record', async () => {
    const [key, booking] = [freshKey(), freshBooking()];
    const first = await destination.create(key, booking, options);
    const second = await destination.create(key, booking, options);
    expect([first.type, second.type]).toEqual(['committed', 'committed']);
    expect(await destination.create(freshKey(), booking, options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
  });

  test('of many callers for one slot exactly one gets it', async () => {
    const booking = freshBooking();
    const results = await Promise.all(Array.from({ length: 8 }, () => destination.create(freshKey(), booking, options)));
    expect(results.filter(({ type }) => type === 'committed')).toHaveLength(1);
    expect(results.filter(({ type }) => type === 'conflict')).toHaveLength(7);
  });

  test('of overlapping times with different starts one gets its way', async () => {
    const booking = freshBooking();
    const results = await Promise.all(
      [0, 15, -15].map((minutes) => destination.create(freshKey(), { ...booking, start: at(booking, minutes) }, options)),
    );
    expect(results.filter(({ type }) => type === 'committed')).toHaveLength(1);
  });

  test('a time that a human has taken is a conflict, and the times beside it are not', async () => {
    const booking = freshBooking();
    await human.add(at(booking, 10), 20);
    expect(await destination.create(freshKey(), booking, options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
    expect(await destination.create(freshKey(), { ...booking, start: at(booking, 30) }, options)).toMatchObject({ type: 'committed' });
    expect(await destination.create(freshKey(), { ...booking, start: at(booking, -20) }, options)).toMatchObject({ type: 'committed' });
  });

  test('a human who took the time between write and read-back makes the record contested', async () => {
    const [key, booking] = [freshKey(), freshBooking()];
    await destination.create(key, booking, options);
    await human.add(at(booking, 15), 30);
    expect(await destination.readBack(key, booking, options)).toMatchObject({ type: 'found', contested: true });
    expect(await destination.cancel(key, booking, options)).toMatchObject({ type: 'committed' });
    expect(await destination.readBack(key, booking, options)).toEqual({ type: 'absent' });
  });

  test('a cancelled record is gone, and cancelling again is no error', async () => {
    const [key, booking] = [freshKey(), freshBooking()];
    await destination.create(key, booking, options);
    expect(await destination.cancel(key, booking, options)).toMatchObject({ type: 'committed' });
    expect(await destination.cancel(key, booking, options)).toMatchObject({ type: 'committed' });
    expect(await destination.create(freshKey(), booking, options)).toMatchObject({ type: 'committed' });
  });

  test('what a human edited is never taken away', async () => {
    const [key, booking] = [freshKey(), freshBooking()];
    await destination.create(key, booking, options);
    await human.editOurs(key, booking);
    expect(await destination.cancel(key, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
    const moved = { ...booking, start: at(booking, 120) };
    expect(await destination.update(freshKey(), moved, { key, payload: booking }, options)).toEqual({
      type: 'conflict',
      reason: 'changed',
    });
    const back = await destination.readBack(key, booking, options);
    expect(back.type === 'found' && isSameRecord(booking, back.payload)).toBe(false);
  });

  test('a move claims the new time and frees the old one; a repeat changes nothing', async () => {
    const [key, newKey, booking] = [freshKey(), freshKey(), freshBooking()];
    await destination.create(key, booking, options);
    const moved = { ...booking, start: at(booking, 15) };
    expect(await destination.update(newKey, moved, { key, payload: booking }, options)).toMatchObject({ type: 'committed' });
    expect(await destination.update(newKey, moved, { key, payload: booking }, options)).toMatchObject({ type: 'committed' });
    expect(await destination.readBack(key, booking, options)).toEqual({ type: 'absent' });
    const back = await destination.readBack(newKey, moved, options);
    expect(back.type === 'found' && isSameRecord(moved, back.payload)).toBe(true);
    expect(await destination.create(freshKey(), { ...booking, minutes: 15 }, options)).toMatchObject({ type: 'committed' });
  });

  test('a move to a time that is taken leaves the old appointment alone', async () => {
    const [key, newKey, booking] = [freshKey(), freshKey(), freshBooking()];
    await destination.create(key, booking, options);
    const moved = { ...booking, start: at(booking, 120) };
    await human.add(moved.start, 30);
    expect(await destination.update(newKey, moved, { key, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
    expect(await destination.readBack(key, booking, options)).toMatchObject({ type: 'found' });
    expect(await destination.readBack(newKey, moved, options)).toEqual({ type: 'absent' });
  });

  test('check finds nothing wrong', async () => {
    await expect(destination.check(options)).resolves.toBeUndefined();
  });
});
