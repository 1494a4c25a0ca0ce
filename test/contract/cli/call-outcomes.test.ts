import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { asCallId } from '../../../src/base/ids.ts';
import type { OpState } from '../../../src/domain/writeback/intent.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';
import { install, type Installation } from './vestibule.ts';

/** Calls that agreed to a booking, and what has become of it; the last call left nothing in the ledger. */
const CALLS: readonly (readonly [call: string, state: OpState | null])[] = [
  ['01STANDS', 'verified'],
  ['02WAITS', 'accepted'],
  ['03STUCK', 'needs_human'],
  ['04NOTHING', null],
];
let home: Installation;

async function seed({ data }: Installation): Promise<void> {
  const clock = createSystemClock();
  const { ledger, store } = openRealLedger(data, clock);
  const journal = openJournal({ path: join(data, 'journal', 'journal.db'), keyFile: join(data, 'keys', 'kek.bin') });
  for (const [name, state] of CALLS) {
    const call = asCallId(name);
    journal.append({ call, atEpochMs: clock.epochMs(), kind: 'event', type: 'call.ended', body: { outcome: 'booked' } });
    if (state === null) continue;
    const { op } = ledger.accept(sampleIntent(sampleBooking(), { call, seq: 1 }));
    const nowEpochMs = clock.epochMs();
    const claimed = store.claim(op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
    if (claimed !== null) store.save(op, claimed.epoch, { progress: { ...claimed.progress, state }, atEpochMs: nowEpochMs });
  }
  ledger.close();
  await journal.flush({ signal: AbortSignal.timeout(5000) });
  journal.close();
}

beforeAll(async () => {
  home = install();
  await seed(home);
});
afterAll(() => home.remove());

describe('calls list', () => {
  test('claims no more in its outcome than the ledger bears out', async () => {
    const { stdout } = await home.vestibule('calls', 'list');
    const line = (call: string): string => stdout.split('\n').find((one) => one.startsWith(call)) ?? '';
    expect(line('01STANDS')).toMatch(/ {2}booked {2}.*booking verified$/);
    expect(line('02WAITS')).toMatch(/ {2}booked \(pending\) {2}.*booking accepted$/);
    expect(line('03STUCK')).toMatch(/ {2}booked \(needs a person\) {2}.*booking needs_human$/);
    expect(line('04NOTHING')).toMatch(/ {2}booked \(not in the ledger\)$/);
  });

  test('--json has what was agreed, and apart from it what the ledger says', async () => {
    const { value } = await home.json('calls', 'list');
    expect(value).toHaveLength(CALLS.length);
    for (const [call, outcomeState] of [
      ['01STANDS', 'verified'],
      ['02WAITS', 'pending'],
      ['03STUCK', 'needs_person'],
      ['04NOTHING', 'missing'],
    ])
      expect(value).toContainEqual(expect.objectContaining({ call, outcome: 'booked', outcomeState }));
  });
});
