/** What a move and a worker owe to each other when something ends halfway: no appointment at two times, and no request without a lease. */
import { beforeEach, describe, expect, test } from 'vitest';
import { asCallId } from '../../../../src/base/ids.ts';
import type { BookingPayload } from '../../../../src/domain/writeback/intent.ts';
import type { OpStore } from '../../../../src/ports/op-store.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleIntent } from '../../../support/writeback-samples.ts';

const MOVED_TO = '2026-03-06T09:00:00+01:00';
const RENEWED_WITHIN_MS = 1000;
const SWEEPS = 10;
const SWEEP_EVERY_MS = 1500;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
});

const worker = (store: OpStore = ledger.store): WriteBackEngine => testEngine({ store, destinations: [calendar], clock });
/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a move that claimed the new time and lost its connection counts only when the old time is free', async () => {
  const engine = worker();
  const booked = ledger.ledger.accept(sampleIntent());
  await engine.sweep();
  const update = calendar.update.bind(calendar);
  let attempts = 0;
  calendar.update = (key, payload, ...rest) => {
    attempts += 1;
    if (attempts > 1) return update(key, payload, ...rest);
    calendar.addOwn(key, payload);
    return Promise.resolve({ type: 'unknown', code: 'destination_unreachable' });
  };
  const payload = { kind: 'reschedule', target: booked.op, start: MOVED_TO } as const;
  const { op } = ledger.ledger.accept({ call: asCallId('second'), tenant: 'demo', seq: 1, payload });
  for (let sweeps = 0; sweeps < SWEEPS; sweeps += 1) {
    await engine.sweep();
    const starts = calendar.records().map((record) => (record.kind === 'booking' ? record.start : ''));
    if (starts.includes(sampleBooking().start)) expect(ledger.ledger.get(op)?.state).not.toBe('verified');
    clock.advance(SWEEP_EVERY_MS);
  }
  expect(attempts).toBe(2);
  expect(ledger.ledger.get(op)?.state).toBe('verified');
  expect(calendar.records()).toMatchObject([{ start: MOVED_TO }]);
});

describe('a move that was broken off before the old appointment was released, and whose new one a person changed then,', () => {
  const brokenOff = async (change: (booking: BookingPayload) => BookingPayload) => {
    const engine = worker();
    const booked = ledger.ledger.accept(sampleIntent());
    await engine.sweep();
    calendar.update = (key, payload) => {
      calendar.addOwn(key, payload);
      calendar.edit(key, (record) => (record.kind === 'booking' ? change(record) : record));
      return Promise.resolve({ type: 'unknown', code: 'destination_unreachable' });
    };
    const payload = { kind: 'reschedule', target: booked.op, start: MOVED_TO } as const;
    const { op } = ledger.ledger.accept({ call: asCallId('second'), tenant: 'demo', seq: 1, payload });
    return { booked, op, sweep: () => engine.sweep() };
  };
  const sweepAll = async (sweep: () => Promise<unknown>): Promise<void> => {
    for (let sweeps = 0; sweeps < SWEEPS; sweeps += 1) {
      await sweep();
      clock.advance(SWEEP_EVERY_MS);
    }
  };

  test('leaves the one that the person worked on, and a task', async () => {
    const { op, sweep } = await brokenOff((booking) => ({ ...booking, name: `${booking.name} (bring the card)` }));
    await sweepAll(sweep);
    expect(calendar.records()).toMatchObject([{ start: MOVED_TO, name: 'Laura Becker (bring the card)' }]);
    expect(ledger.ledger.get(op)?.state).toBe('needs_human');
    expect(ledger.ledger.tasks({ open: true })).toMatchObject([{ op }]);
  });

  test('is finished once the destination answers again', async () => {
    const { op, sweep } = await brokenOff((booking) => ({ ...booking, name: `${booking.name} (bring the card)` }));
    const cancel = calendar.cancel.bind(calendar);
    calendar.cancel = () => Promise.resolve({ type: 'unknown', code: 'destination_unreachable' });
    await sweepAll(sweep);
    expect(ledger.ledger.get(op)?.state).toBe('unknown');
    calendar.cancel = cancel;
    clock.advance(60_000);
    await sweepAll(sweep);
    expect(ledger.ledger.get(op)?.state).toBe('needs_human');
    expect(calendar.records()).toMatchObject([{ start: MOVED_TO }]);
  });

  test.each([
    ['gave the new time to somebody else', (booking: BookingPayload) => ({ ...booking, name: 'Tom Else', phone: '+493055509999' }), false],
    ['changed the old one too', (booking: BookingPayload) => ({ ...booking, name: `${booking.name} (card)` }), true],
  ])('keeps the old one where the person %s', async (_title, change, isOldEdited) => {
    const { booked, op, sweep } = await brokenOff(change);
    if (isOldEdited) calendar.edit(booked.key, (record) => ({ ...record, name: 'Laura Becker (old)' }) as typeof record);
    await sweepAll(sweep);
    expect(calendar.records()).toHaveLength(2);
    expect(ledger.ledger.get(op)?.state).toBe('needs_human');
  });
});

test('a request is given up as soon as the lease of its operation is found to be another’s', async () => {
  let given: AbortSignal | null = null;
  calendar.create = (_key, _payload, { signal }) => {
    given = signal;
    return new Promise(() => undefined);
  };
  ledger.ledger.accept(sampleIntent());
  void worker({ ...ledger.store, renew: () => false }).sweep();
  await settled();
  expect(given).toMatchObject({ aborted: false });
  clock.advance(RENEWED_WITHIN_MS);
  await settled();
  expect(given).toMatchObject({ aborted: true });
});
