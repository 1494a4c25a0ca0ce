import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { asCallId } from '../../../src/base/ids.ts';
import { ledgerKeyFile, openRealLedger } from '../../support/real-ledger.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';
import { install, type Installation } from './vestibule.ts';

const CALL = asCallId('01CALL');
const WAITING = asCallId('02CALL');
let home: Installation;
let op = '';

/** One call that is over and booked, and another of somebody whose request the worker has not seen yet. */
async function seed({ data }: Installation): Promise<void> {
  const clock = createSystemClock();
  const { ledger, store } = openRealLedger(data, clock);
  const row = ledger.accept(sampleIntent(sampleBooking(), { call: CALL }));
  op = row.op;
  const nowEpochMs = clock.epochMs();
  const claimed = store.claim(row.op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
  if (claimed === null) throw new Error('not claimed');
  const progress = { ...claimed.progress, state: 'verified', sentAtEpochMs: nowEpochMs, verifiedAtEpochMs: nowEpochMs } as const;
  store.save(claimed.op, claimed.epoch, { progress, atEpochMs: nowEpochMs, trace: { remoteId: 'abc.ics', readBack: sampleBooking() } });
  ledger.accept(sampleIntent(sampleBooking({ phone: '+493055509999' }), { call: WAITING }));
  ledger.close();
  const journal = openJournal({ path: join(data, 'journal', 'journal.db'), keyFile: ledgerKeyFile(data) });
  journal.concerns(CALL, '+493055501234');
  journal.append({ call: CALL, atEpochMs: nowEpochMs, kind: 'event', type: 'caller.text_final', body: { text: 'Laura Becker' } });
  await journal.flush({ signal: AbortSignal.timeout(5000) });
  journal.close();
}

beforeAll(async () => {
  home = install();
  await seed(home);
});
afterAll(() => home.remove());

describe('subjects', () => {
  test('erase wants to be told whom, once', { timeout: 60_000 }, async () => {
    for (const wrong of [[], ['--phone', 'Laura'], ['--phone', '+493055501234', '--call', CALL]]) {
      const ran = await home.vestibule('subjects', 'erase', '--yes', ...wrong);
      expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    }
    expect((await home.vestibule('subjects', 'erase', '--call', 'nowhere')).stderr).toMatch(/^not_found: /);
  });

  test('erase says that nothing is kept about a number that nobody called from', async () => {
    const ran = await home.vestibule('subjects', 'erase', '--phone', '+15550001111', '--yes');
    expect(ran).toEqual({ exitCode: 0, stdout: '', stderr: 'Nothing is kept about anybody with such a number.\n' });
  });

  test('erase refuses while the worker has not finished, naming what is open', async () => {
    const ran = await home.vestibule('subjects', 'erase', '--phone', '+493055509999', '--yes');
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^erasure_too_early: .*\(accepted\)/);
    expect(ran.stderr).toContain('What to do: ');
  });

  test('erase tells first what it would do; with --yes it does it, and the list of what stands elsewhere can be had again', async () => {
    const would = await home.vestibule('subjects', 'erase', '--phone', '030 555-01234');
    expect(would.exitCode).toBe(0);
    expect(would.stdout).toMatch(/calendar +booking +abc\.ics/);
    expect(would.stderr).toContain('Nothing was erased');
    expect((await home.vestibule('calls', 'show', CALL)).stdout).toContain('Laura Becker');

    const { value } = await home.json('subjects', 'erase', '--phone', '030 555-01234', '--yes');
    const line = { op, destination: 'calendar', kind: 'booking', remoteId: 'abc.ics', state: 'verified' };
    expect(value).toMatchObject({ erased: true, calls: [CALL], operations: 1, messages: 0, tasks: 0, remaining: [line] });
    expect((await home.vestibule('calls', 'show', CALL)).stdout).not.toContain('Laura');
    expect((await home.vestibule('ledger', 'export')).stdout).not.toContain(CALL);
    expect((await home.json('subjects', 'erased')).value).toMatchObject([line]);
    expect((await home.vestibule('ledger', 'show', op)).stderr).toMatch(/^subject_erased: /);
    // Nobody could read what was decided.
    const decision = ['--as', 'dropped', '--note', 'Laura called'];
    expect((await home.vestibule('ledger', 'resolve', op, ...decision)).stderr).toMatch(/^subject_erased: /);
  }, 60_000);
});
