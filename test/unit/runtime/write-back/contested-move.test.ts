/**
 * A move whose new time a person took after the old appointment had been released was withdrawn as a conflict: the caller kept nothing,
 * and the ledger held the old appointment for standing. Found by the fault harness (seed 20261126).
 */
import { expect, test } from 'vitest';
import { createFakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleIntent } from '../../../support/writeback-samples.ts';

const MOVED = '2026-03-06T09:00:00+01:00';

test('a move that is contested when the old appointment is gone stays, and a person decides', async () => {
  const clock = createManualClock();
  const ledger = createFakeLedger(clock);
  const calendar = createFakeDestination('calendar');
  const engine = testEngine({
    store: ledger.store,
    destinations: [calendar],
    clock,
  });
  const booked = ledger.ledger.accept(sampleIntent(sampleBooking()));
  await engine.sweep();
  const update = calendar.update.bind(calendar);
  calendar.update = async (...call) => {
    const result = await update(...call);
    calendar.addForeign(MOVED, 30);
    return result;
  };
  const move = ledger.ledger.accept(sampleIntent({ kind: 'reschedule', target: booked.op, start: MOVED }, { seq: 2 }));
  await engine.sweep();
  expect(ledger.ledger.get(move.op)).toMatchObject({ state: 'needs_human' });
  expect(calendar.records()).toMatchObject([{ kind: 'booking', start: MOVED }]);
  expect(ledger.ledger.tasks({ open: true })).toMatchObject([{ op: move.op, reason: 'needs_human' }]);
});
