/**
 * A plan can enter the same contact in two systems. Under one key as they are, each passed for what somebody else relies on, and neither
 * was taken back when the appointment could not be had.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { OpState } from '../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS } from '../../../src/domain/writeback/plan.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

const planner = createPlanner({
  ...DEFAULT_PLANS,
  booking: [
    { name: 'customer', kind: 'contact', destination: 'crm' },
    { name: 'patient', kind: 'contact', destination: 'records' },
    { name: 'booking', kind: 'booking', destination: 'calendar' },
  ],
});

const given = bothLedgers(planner);

describe.each(given.kinds)('a contact in two systems (%s)', (_name, open) => {
  let subject: FakeLedger;
  let clock: ManualClock;
  beforeEach(() => {
    clock = given.clock;
    subject = open();
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
