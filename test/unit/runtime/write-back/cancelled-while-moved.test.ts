/**
 * An appointment can be moved and cancelled at once: by a caller who changes their mind before the move is decided, or by two people with
 * one telephone. The cancellation found nothing at the old time any more, and was told as done, while the appointment stood at the new one.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { asCallId } from '../../../../src/base/ids.ts';
import type { IntentPayload, OpView } from '../../../../src/domain/writeback/intent.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking } from '../../../support/writeback-samples.ts';

const MOVED_TO = '2026-03-06T09:00:00+01:00';
const SWEEPS = 20;
const SWEEP_EVERY_MS = 1500;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let engine: WriteBackEngine;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
  engine = testEngine({
    store: ledger.store,
    destinations: [calendar],
    clock,
  });
});

async function settle(): Promise<void> {
  for (let sweeps = 0; sweeps < SWEEPS; sweeps += 1) {
    await engine.sweep();
    clock.advance(SWEEP_EVERY_MS);
  }
}
const accept = (call: string, payload: IntentPayload): OpView =>
  ledger.ledger.accept({ call: asCallId(call), tenant: 'demo', seq: 1, payload });
const booked = async (): Promise<OpView> => {
  const row = accept('first', sampleBooking());
  await settle();
  return row;
};
const move = (target: OpView): OpView => accept('move', { kind: 'reschedule', target: target.op, start: MOVED_TO });
const cancel = (target: OpView): OpView => accept('cancel', { kind: 'cancel', target: target.op });
const stateOf = ({ op }: OpView): string | undefined => ledger.ledger.get(op)?.state;
const starts = (): readonly string[] => calendar.records().map((record) => (record.kind === 'booking' ? record.start : ''));

describe('a cancellation', () => {
  test('of what another call has moved meanwhile is refused, and leaves the appointment where it is', async () => {
    const row = await booked();
    const moved = move(row);
    await settle();
    const cancelled = cancel(row);
    await settle();
    expect([stateOf(moved), stateOf(cancelled), starts()]).toEqual(['verified', 'rejected', [MOVED_TO]]);
  });

  test('that comes before the move is decided waits for it', async () => {
    const row = await booked();
    calendar.faults.push('lost_after');
    const [moved, cancelled] = [move(row), cancel(row)];
    await settle();
    expect([stateOf(moved), stateOf(cancelled), starts()]).toEqual(['verified', 'rejected', [MOVED_TO]]);
  });

  test('is carried out when the move came to nothing', async () => {
    const row = await booked();
    calendar.addForeign(MOVED_TO, 30);
    const [moved, cancelled] = [move(row), cancel(row)];
    await settle();
    expect([stateOf(moved), stateOf(cancelled), starts()]).toEqual(['conflict', 'verified', []]);
  });

  test('that is asked for twice is told twice', async () => {
    const row = await booked();
    const [first, second] = [cancel(row), accept('again', { kind: 'cancel', target: row.op })];
    await settle();
    expect([stateOf(first), stateOf(second), starts()]).toEqual(['verified', 'verified', []]);
  });
});

test('a move of what is being cancelled waits for the cancellation, and finds nothing to move', async () => {
  const row = await booked();
  calendar.faults.push('lost_before');
  const [cancelled, moved] = [cancel(row), move(row)];
  await settle();
  expect([stateOf(cancelled), stateOf(moved), starts()]).toEqual(['verified', 'conflict', []]);
});
