/**
 * Ten times as many requests as a calendar allows: only the queue grows. Real ledger, real engine, real calendar server, on a clock that
 * the test moves; and once more with a real worker process, woken through Redis and its socket at the same time.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { asCallId } from '../../src/base/ids.ts';
import type { BookingPayload, IntentPayload, OpView } from '../../src/domain/writeback/intent.ts';
import { RUNNING_MAX } from '../../src/runtime/write-back/lanes.ts';
import { createCalendarReader } from '../support/calendar-reader.ts';
import { startClockedWorker, type ClockedWorker } from '../support/clocked-worker.ts';
import { eventually } from '../support/eventually.ts';
import { openRealLedger } from '../support/real-ledger.ts';
import { testCalendar, type TestCalendar } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createWriteBackRig, freshBooking, type WriteBackRig } from '../support/write-back-rig.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../support/writeback-samples.ts';

const DAY_MS = 86_400_000;
const STEP_MS = 100;

let calls = 0;
/** A booking at a time of its own, of a caller of its own. */
function bookingOf(caller: number): BookingPayload {
  const day = new Date(Date.UTC(2027, 0, 1) + caller * DAY_MS).toISOString().slice(0, 10);
  return sampleBooking({ start: `${day}T10:30:00+01:00`, name: `Caller ${caller}`, phone: `+4930555${10_000 + caller}` });
}

describe('ten times what a calendar allows', () => {
  /** One operation takes about three requests: some five operations in three seconds. */
  const RATE = { requestsPerSecond: 5, burst: 5 };
  const ACCEPTS_PER_SECOND = 16;
  const SECONDS = 8;
  /** Every so many callers one moves the appointment in the same rush, and gives it up again. */
  const CHANGE_EVERY = 16;
  /** Every so many callers one leaves a message. */
  const MESSAGE_EVERY = 8;
  const DRAIN_MS_MAX = 600_000;

  const folder = temporaryFolder();
  let calendar: TestCalendar;
  let worker: ClockedWorker;
  const bookings: { readonly op: OpView; readonly booking: BookingPayload }[] = [];
  const chains: (readonly OpView[])[] = [];
  const messages: OpView[] = [];
  let queuedAfterTheRush = 0;
  /** When each request of the worker was made. */
  let requestsAtMs: readonly number[];

  const accept = (payload: IntentPayload): OpView => {
    calls += 1;
    const op = worker.ledger.accept({ call: asCallId(`call-${calls}`), tenant: 'demo', seq: 1, payload });
    void worker.engine.wake(op.op);
    return op;
  };
  const row = ({ op }: OpView): OpView => {
    const found = worker.ledger.get(op);
    if (found === null) throw new Error('an accepted operation is lost');
    return found;
  };
  const all = (): readonly OpView[] => [...bookings.map(({ op }) => op), ...chains.flat(), ...messages];

  /** One caller of the rush. */
  function call(caller: number): void {
    const booking = bookingOf(caller);
    const op = accept(booking);
    if (caller % CHANGE_EVERY === 0) {
      const moved = accept({ kind: 'reschedule', target: op.op, start: booking.start.replace('T10:30', 'T15:00') });
      chains.push([op, moved, accept({ kind: 'cancel', target: moved.op })]);
    } else bookings.push({ op, booking });
    if (caller % MESSAGE_EVERY === 0) messages.push(accept(sampleMessage({ text: `Message ${caller}` })));
  }

  beforeAll(async () => {
    calendar = await testCalendar(folder.path);
    await calendar.start();
    worker = startClockedWorker({ folder: folder.path, calendar, rate: RATE });
    for (let caller = 0; caller < ACCEPTS_PER_SECOND * SECONDS; caller += 1) {
      call(caller);
      if (caller % ACCEPTS_PER_SECOND === ACCEPTS_PER_SECOND - 1) await worker.pass(1000, STEP_MS);
    }
    queuedAfterTheRush = all().filter((op) => row(op).state !== 'verified').length;
    for (let waitedMs = 0; waitedMs < DRAIN_MS_MAX && all().some((op) => row(op).state !== 'verified'); waitedMs += 1000)
      await worker.pass(1000, STEP_MS);
    requestsAtMs = worker.requests.map(({ atMs }) => atMs);
  }, 180_000);
  afterAll(async () => {
    await worker.close();
    await calendar.kill();
    folder.remove();
  });

  test('makes the queue long, and loses nothing: each request is carried out in the end, once', async () => {
    // Else there was no rush.
    expect(queuedAfterTheRush).toBeGreaterThan(bookings.length / 2);
    expect(all().map((op) => row(op).state)).toEqual(all().map(() => 'verified'));
    const reader = createCalendarReader(calendar);
    try {
      for (const { booking } of bookings) expect(await reader.entries(booking)).toHaveLength(1);
    } finally {
      await reader.close();
    }
  });

  test('keeps the order of what one caller asked for: booked, moved, given up', async () => {
    expect(chains.length).toBeGreaterThan(4);
    const reader = createCalendarReader(calendar);
    try {
      for (const chain of chains) {
        const verified = chain.map((op) => row(op).verifiedAtEpochMs ?? Number.NaN);
        expect(verified).toEqual(verified.toSorted((a, b) => a - b));
        const [booked, moved] = chain.map((op) => row(op).readBack);
        if (booked?.kind !== 'booking' || moved?.kind !== 'booking') throw new Error('a chain begins with a booking that is moved');
        expect(moved.start).not.toBe(booked.start);
        for (const record of [booked, moved]) expect(await reader.entries(record)).toEqual([]);
      }
    } finally {
      await reader.close();
    }
  });

  test('is worked on a few at a time, and never faster than the calendar allows', () => {
    expect(worker.claimedAtOnceMax()).toBeLessThanOrEqual(RUNNING_MAX);
    const inSecondFrom = (fromMs: number): number => requestsAtMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1000).length;
    expect(Math.max(...requestsAtMs.map(inSecondFrom))).toBeLessThanOrEqual(RATE.burst + RATE.requestsPerSecond);
  });

  test('does not hold up what goes elsewhere: messages are delivered while the calendar has a queue', () => {
    const waitedMs = messages.map((op) => (row(op).verifiedAtEpochMs ?? Number.NaN) - row(op).acceptedAtEpochMs);
    expect(messages.length).toBeGreaterThan(10);
    for (const ms of waitedMs) expect(ms).toBeLessThanOrEqual(1000);
  });
});

describe('a long queue', () => {
  const QUEUE = 1500;
  const PART = 150;

  test('takes a request as fast as an empty one, and finds what is due as fast', () => {
    const folder = temporaryFolder();
    const { ledger, store } = openRealLedger(folder.path, createSystemClock());
    const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
    const timed = (work: () => unknown): number => {
      const from = performance.now();
      work();
      return performance.now() - from;
    };
    try {
      const accepts: number[] = [];
      const looks: number[] = [];
      for (let caller = 0; caller < QUEUE; caller += 1) {
        const intent = sampleIntent(bookingOf(caller), { call: asCallId(`queued-${caller}`) });
        accepts.push(timed(() => ledger.accept(intent)));
        looks.push(timed(() => store.due(Date.now() + 1000, 16)));
      }
      expect(store.countByState()).toEqual({ accepted: QUEUE });
      // A queue that were walked through would take ten times as long in its last part as in its first; a busy machine does not.
      for (const times of [accepts, looks]) expect(median(times.slice(-PART)) / median(times.slice(0, PART))).toBeLessThan(5);
    } finally {
      ledger.close();
      folder.remove();
    }
  });
});

describe('a worker that everybody wakes at once', () => {
  const CALLERS = 60;
  let rig: WriteBackRig;
  const { signal } = new AbortController();

  beforeAll(async () => {
    rig = await createWriteBackRig();
    await rig.startWorker();
  }, 60_000);
  afterAll(() => rig.close());

  test('takes up what it has room for, and comes to the others by itself', async () => {
    const rows = Array.from({ length: CALLERS }, () => {
      const booking = freshBooking();
      return { booking, op: rig.accept(booking) };
    });
    // Nobody waits for an answer: every caller is told that it is noted.
    const told = await Promise.all(rows.map(({ op }) => rig.bookings.settle(op.op, { signal, budgetMs: 1 })));
    expect(told.some(({ state }) => state !== 'verified')).toBe(true);
    await eventually('all are verified', () => rows.every(({ op }) => rig.ledger.get(op.op)?.state === 'verified'), 60_000);
    for (const { booking } of rows) expect(await rig.entries(booking)).toHaveLength(1);
  });
});
