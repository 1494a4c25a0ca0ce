import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCaldavDestination, type CaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { BERLIN, enterByHand } from '../../support/person-entry.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { testCalendar, type TestCalendar } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const folder = temporaryFolder();
let calendar: TestCalendar;
let caldav: CaldavDestination;

beforeAll(async () => {
  calendar = await testCalendar(folder.path);
  await calendar.start();
  caldav = createCaldavDestination({
    access: { url: calendar.url, user: calendar.user, password: () => readFileSync(calendar.passwordFile, 'utf8').trim() },
    sandbox: true,
    practice: samplePractice,
    clock: createManualClock(Date.UTC(2026, 2, 2, 6, 0)),
  });
}, 30_000);
afterAll(async () => {
  await caldav.close();
  await calendar.kill();
  folder.remove();
});

describe('the appointments of a caller', () => {
  const PHONE = '+493055507070';
  const from = (day: string, time: string): readonly string[] => [`DTSTART;TZID=Europe/Berlin:${day}T${time}00`, 'DURATION:PT30M'];
  const starts = async (phone: string): Promise<readonly (readonly [string, boolean])[]> =>
    (await caldav.find(phone, options))
      .map(({ payload, isEntered }) => [payload.kind === 'booking' ? payload.start : '', isEntered] as const)
      .toSorted(([a], [b]) => a.localeCompare(b));

  test('are those of ours and what people entered with the number in any text, however it is written, once per occurrence', async () => {
    await enterByHand(calendar, [...from('20260320', '1000'), 'DESCRIPTION:Becker\\, 030 55507070\\, check up'], BERLIN);
    await enterByHand(calendar, [...from('20260321', '1000'), 'LOCATION:call 0049 30 5550-7070 before'], BERLIN);
    await enterByHand(calendar, [...from('20260406', '0900'), 'RRULE:FREQ=WEEKLY;COUNT=2', 'CONTACT:tel +49 (30) 55507070'], BERLIN);
    await enterByHand(calendar, [...from('20260322', '1000'), 'DESCRIPTION:030 55507071'], BERLIN);
    await enterByHand(calendar, [...from('20260323', '1000'), 'STATUS:CANCELLED', 'DESCRIPTION:030 55507070'], BERLIN);
    await enterByHand(calendar, [...from('20260301', '1000'), 'DESCRIPTION:030 55507070'], BERLIN);
    const own = sampleBooking({ start: '2026-03-24T10:30:00+01:00', phone: PHONE });
    await caldav.create('v1.demo.find.1.booking', own, options);
    expect(await starts(PHONE)).toEqual([
      ['2026-03-20T10:00:00+01:00', true],
      ['2026-03-21T10:00:00+01:00', true],
      ['2026-03-24T10:30:00+01:00', false],
      ['2026-04-06T09:00:00+02:00', true],
      ['2026-04-13T09:00:00+02:00', true],
    ]);
    expect(await starts('+493055507099')).toEqual([]);
  });
});
