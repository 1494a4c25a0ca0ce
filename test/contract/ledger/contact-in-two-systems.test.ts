/**
 * A plan can enter the same contact in two systems. Under one key as they are, each passed for what somebody else relies on, and neither
 * was taken back when the appointment could not be had.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OpState } from '../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS } from '../../../src/domain/writeback/plan.ts';
import { createFakeLedger, type FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

const planner = createPlanner({
  ...DEFAULT_PLANS,
  booking: [
    { name: 'customer', kind: 'contact', destination: 'crm' },
    { name: 'patient', kind: 'contact', destination: 'records' },
    { name: 'booking', kind: 'booking', destination: 'calendar' },
  ],
});

let clock: ManualClock;
let folder: ReturnType<typeof temporaryFolder>;
let subject: FakeLedger;

describe.each([
  ['fake', () => createFakeLedger(clock, planner)],
  ['SQLite', () => openRealLedger(folder.path, clock, { planner })],
])('a contact in two systems (%s)', (_name, open) => {
  beforeEach(() => {
    clock = createManualClock();
    folder = temporaryFolder();
    subject = open();
  });
  afterEach(() => {
    subject.ledger.close();
    folder.remove();
  });

  const states = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      subject.ledger.list({ limit: 10 }).map(({ step, role, state }) => [role === 'undo' ? `undo ${step}` : (step ?? 'alone'), state]),
    );
  /** Ends the one operation that is due. */
  const endNext = (state: OpState): void => {
    const nowEpochMs = clock.epochMs();
    const [op] = subject.store.due(nowEpochMs, 1);
    const claimed = op === undefined ? null : subject.store.claim(op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
    if (claimed === null) throw new Error('nothing is due');
    subject.store.save(claimed.op, claimed.epoch, { progress: { ...claimed.progress, state }, atEpochMs: nowEpochMs });
  };

  test('is taken back in both when the appointment cannot be had', () => {
    subject.ledger.accept(sampleIntent());
    for (const state of ['verified', 'verified', 'conflict'] as const) endNext(state);
    expect(states()).toMatchObject({ customer: 'compensating', patient: 'compensating', booking: 'conflict' });
    for (const state of ['verified', 'verified'] as const) endNext(state);
    expect(states()).toMatchObject({ customer: 'compensated', patient: 'compensated' });
  });
});
