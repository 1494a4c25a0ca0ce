import { readFileSync } from 'node:fs';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCaldavDestination, type CaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { freePort, testCalendar, type TestCalendar } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const NOW = Date.UTC(2026, 2, 2, 6, 0);
const WEEK = { startEpochMs: Date.UTC(2026, 2, 2), endEpochMs: Date.UTC(2026, 2, 9) };
const folder = temporaryFolder();
let calendar: TestCalendar;
let caldav: CaldavDestination;

const at = (url: string): CaldavDestination =>
  createCaldavDestination({
    access: { url, user: calendar.user, password: () => readFileSync(calendar.passwordFile, 'utf8').trim() },
    sandbox: true,
    practice: samplePractice,
    clock: createManualClock(NOW),
  });

beforeAll(async () => {
  calendar = await testCalendar(folder.path);
  await calendar.start();
  caldav = at(calendar.url);
}, 30_000);
afterAll(async () => {
  await caldav.close();
  await calendar.kill();
  folder.remove();
});

describe('the entries of ours in a calendar', () => {
  test('are listed with their keys; a copy that a person made of one is that person’s entry', async () => {
    const inside = sampleBooking({ start: '2026-03-05T10:30:00+01:00' });
    const outside = sampleBooking({ start: '2026-03-12T10:30:00+01:00' });
    for (const [key, payload] of [['v1.demo.c.1.booking', inside] as const, ['v1.demo.c.2.booking', outside] as const])
      expect(await caldav.create(key, payload, options)).toMatchObject({ type: 'committed' });
    const listed = await caldav.ours?.(WEEK, options);
    expect(listed).toEqual([{ key: 'v1.demo.c.1.booking', remoteId: expect.any(String), payload: inside }]);

    const authorization = `Basic ${Buffer.from(`${calendar.user}:${readFileSync(calendar.passwordFile, 'utf8').trim()}`).toString('base64')}`;
    const entry = await request(new URL(listed?.[0]?.remoteId ?? '', calendar.url), { headers: { authorization } });
    const copy = (await entry.body.text())
      .replace(/^UID:.*$/m, 'UID:copied-by-hand')
      .replace('20260305', '20260306')
      .replace('20260305', '20260306');
    const put = await request(new URL('copy.ics', calendar.url), {
      method: 'PUT',
      headers: { authorization, 'content-type': 'text/calendar' },
      body: copy,
    });
    await put.body.dump();
    expect(put.statusCode).toBeLessThan(300);
    expect(await caldav.ours?.(WEEK, options)).toHaveLength(1);
  });

  test('a calendar that does not answer is an error, not an empty list', async () => {
    const away = at(`http://127.0.0.1:${await freePort()}/calendar/`);
    await expect(away.ours?.(WEEK, options)).rejects.toMatchObject({ code: 'destination_unreachable' });
    await away.close();
  });
});
