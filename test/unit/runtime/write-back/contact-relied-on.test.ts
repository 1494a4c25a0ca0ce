/**
 * A caller whose first time was taken agrees to another one while the contact of the first request is still being taken back. The second
 * request found that contact, relied on it, and lost it a moment later: the appointment stood, its contact was gone.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { OpView } from '../../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS } from '../../../../src/domain/writeback/plan.ts';
import type { Destination } from '../../../../src/ports/destination.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleIntent } from '../../../support/writeback-samples.ts';

const PLANS = {
  ...DEFAULT_PLANS,
  booking: [
    { name: 'contact', kind: 'contact', destination: 'crm' },
    { name: 'booking', kind: 'booking', destination: 'calendar' },
  ],
} as const;
const OTHER_TIME = sampleBooking({ start: '2026-03-09T10:30:00+01:00' });
const SWEEPS = 20;
const SWEEP_EVERY_MS = 500;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let crm: FakeDestination;
let isCancelRefused: boolean;
let engine: WriteBackEngine;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock, createPlanner(PLANS));
  [calendar, crm] = [createFakeDestination('calendar'), createFakeDestination('crm')];
  isCancelRefused = true;
  const busy: Destination = {
    ...crm,
    cancel: async (...call) => (isCancelRefused ? { type: 'retry', code: 'destination_unauthorized', afterMs: null } : crm.cancel(...call)),
  };
  engine = testEngine({
    store: ledger.store,
    destinations: [calendar, busy],
    clock,
  });
});

async function settle(): Promise<void> {
  for (let sweeps = 0; sweeps < SWEEPS; sweeps += 1) {
    await engine.sweep();
    clock.advance(SWEEP_EVERY_MS);
  }
}
const stateOf = ({ op }: OpView): string | undefined => ledger.ledger.get(op)?.state;

describe('a contact that is being taken back', () => {
  test('is entered anew for the next request, which waits for that', async () => {
    calendar.addForeign(sampleBooking().start, 30);
    const first = ledger.ledger.accept(sampleIntent());
    await settle();
    const second = ledger.ledger.accept(sampleIntent(OTHER_TIME, { seq: 2 }));
    await settle();
    isCancelRefused = false;
    await settle();
    expect([stateOf(first), stateOf(second)]).toEqual(['conflict', 'verified']);
    expect(crm.records()).toMatchObject([{ kind: 'contact', name: 'Laura Becker' }]);
    expect(ledger.ledger.tasks({ open: true })).toEqual([]);
  });
});
