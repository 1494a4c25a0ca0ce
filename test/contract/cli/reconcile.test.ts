import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { asUtteranceId } from '../../../src/base/ids.ts';
import type { BookingPayload, OpView } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { createWriteBackRig, freshBooking, type WriteBackRig } from '../../support/write-back-rig.ts';
import { shell, type Ran } from './vestibule.ts';

let rig: WriteBackRig;

beforeAll(async () => {
  rig = await createWriteBackRig();
  await rig.startWorker();
}, 60_000);
afterAll(() => rig.close());

const vestibule = (line: string): Promise<Ran> => shell(`"$VESTIBULE" ${line}`, { folder: rig.folder });
const authorization = (): string =>
  `Basic ${Buffer.from(`practice:${readFileSync(rig.calendar.passwordFile, 'utf8').trim()}`).toString('base64')}`;

/** An appointment that the caller was told of. */
async function agreed(booking: BookingPayload): Promise<OpView> {
  const { op } = rig.accept(booking);
  const row = await rig.reaches(op, ['verified']);
  const said = { op, call: row.call, utterance: asUtteranceId('u1'), claim: 'committed', opState: 'verified' } as const;
  rig.ledger.recordSaid({ ...said, audioStartedAtEpochMs: Date.now() });
  return row;
}

describe('reconcile, with a worker and a calendar server', () => {
  test(
    'finds what a person deleted, ends with exit code 1, and is content again when a person has decided',
    { timeout: 60_000 },
    async () => {
      const [kept, lost] = [freshBooking(), freshBooking()];
      await agreed(kept);
      const { op } = await agreed(lost);
      const before = await vestibule('reconcile --json');
      expect(before.exitCode).toBe(0);
      expect(JSON.parse(before.stdout)).toMatchObject({ scope: 'recent', checked: 2, findings: [], unreachable: 0 });

      const [entry] = await rig.entries(lost);
      const deleted = await request(new URL(entry?.href ?? '', rig.calendar.url), {
        method: 'DELETE',
        headers: { authorization: authorization() },
      });
      expect(deleted.statusCode).toBeLessThan(300);
      await deleted.body.dump();
      const found = await vestibule('reconcile');
      expect(found.exitCode).toBe(1);
      expect(found.stdout).toMatch(new RegExp(`^${op} +said_not_recorded +calendar`, 'm'));
      const doctor = await vestibule('doctor --json');
      expect(JSON.parse(doctor.stdout)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ what: 'records', state: 'bad', code: 'said_not_recorded' }),
          expect.objectContaining({ what: 'reconciliation', state: 'good' }),
        ]),
      );
      expect(rig.workerLog()).toContain('"alert":"said_not_recorded"');

      expect((await vestibule(`ledger resolve ${op} --as dropped --note "cancelled at the desk"`)).exitCode).toBe(0);
      const after = await vestibule('reconcile --full --json');
      expect(after.exitCode).toBe(0);
      expect(JSON.parse(after.stdout)).toMatchObject({ scope: 'full', checked: 1, findings: [] });
    },
  );

  test('finds an entry of ours that nothing in the ledger stands behind', { timeout: 60_000 }, async () => {
    const booking = freshBooking();
    await agreed(booking);
    const [entry] = await rig.entries(booking);
    if (entry === undefined) throw new Error('no entry');
    const stray = 'v1.demo.forgotten.1.booking';
    const data = entry.data
      .replaceAll(/\r\n[ \t]/g, '')
      .replace(/^UID:.*$/m, `UID:${remoteIdOf(stray)}`)
      .replace(/^(X-VESTIBULE-KEY[^:]*:).*$/m, `$1${stray}`)
      .replace(/^DTSTART:.*$/m, 'DTSTART:20270601T080000Z')
      .replace(/^DTEND:.*$/m, 'DTEND:20270601T083000Z');
    const put = await request(new URL('stray.ics', rig.calendar.url), {
      method: 'PUT',
      headers: { authorization: authorization(), 'content-type': 'text/calendar' },
      body: data,
    });
    expect(put.statusCode).toBeLessThan(300);
    await put.body.dump();
    const ran = await vestibule('reconcile --full --json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ findings: [{ op: stray, type: 'orphan_remote', destination: 'calendar', call: null }] });
    expect((await vestibule(`ledger resolve ${stray} --as done --note "of the old computer"`)).exitCode).toBe(0);
    expect((await vestibule('reconcile --full')).exitCode).toBe(0);
  });
});

describe('beside a running worker', () => {
  test('what was given up is tried again, and stands; a destination is asked through the worker', { timeout: 60_000 }, async () => {
    await rig.stopWorker();
    const { op } = rig.accept(freshBooking());
    const clock = createSystemClock();
    const { ledger, store } = openRealLedger(join(rig.folder, 'var'), clock);
    const nowEpochMs = clock.epochMs();
    const claimed = store.claim(op, { owner: 'gone', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
    if (claimed === null) throw new Error('not claimed');
    store.save(op, claimed.epoch, { progress: { ...claimed.progress, state: 'dead' }, atEpochMs: nowEpochMs });
    ledger.close();
    await rig.startWorker();
    expect((await vestibule(`ledger retry ${op}`)).exitCode).toBe(0);
    expect(await rig.reaches(op, ['verified'])).toMatchObject({ state: 'verified' });
    const checked = await vestibule('destinations check calendar --json');
    expect(JSON.parse(checked.stdout)).toEqual([{ id: 'calendar', state: 'good', code: null, detail: 'answers' }]);
  });
});

describe('while the calendar does not answer', () => {
  test('reconcile does not pass for content, and check tells why through the worker', { timeout: 60_000 }, async () => {
    await agreed(freshBooking());
    await rig.calendar.kill();
    const ran = await vestibule('reconcile');
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^Questions without an answer: [1-9]\d*; `vestibule destinations check`/m);
    const checked = await vestibule('destinations check calendar --json');
    expect(checked.exitCode).toBe(1);
    expect(JSON.parse(checked.stdout)).toMatchObject([{ state: 'bad', detail: expect.stringContaining('nothing listens at its address') }]);
  });
});
