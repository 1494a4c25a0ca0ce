/**
 * A calendar that is away for four hours, on a clock that does not wait: the real ledger, the real engine, a real calendar server. What
 * callers asked for meanwhile must neither wear out the disk while it waits, nor fall upon the calendar when it is back.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asCallId } from '../../src/base/ids.ts';
import type { BookingPayload, OpView } from '../../src/domain/writeback/intent.ts';
import { createCalendarReader } from '../support/calendar-reader.ts';
import { startClockedWorker, type ClockedWorker, type SeenRequest } from '../support/clocked-worker.ts';
import { testCalendar, type TestCalendar } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sampleBooking } from '../support/writeback-samples.ts';

const MINUTE_MS = 60_000;
const OUTAGE_MS = 4 * 60 * MINUTE_MS;
/** A caller every three minutes. */
const CALLERS = 80;
const PROMISE_MS = 15 * MINUTE_MS;
const RATE = { requestsPerSecond: 5, burst: 10 };
/** Longest pause between two looks whether a destination answers again. */
const PAUSE_MS_MAX = 8000;
/** Steps of time: coarse while nothing happens. */
const WAITING_STEP_MS = 2000;
const DRAINING_STEP_MS = 100;
const DRAIN_MS_MAX = 30 * MINUTE_MS;

const folder = temporaryFolder();
let calendar: TestCalendar;
let worker: ClockedWorker;
/** What callers asked for in the outage, and what was true when it ended. */
const asked: { readonly op: OpView; readonly booking: BookingPayload; readonly atMs: number }[] = [];
let reopenedAtMs = 0;
/** Requests since then. */
let afterwards: readonly SeenRequest[];
let outage: { readonly requests: number; readonly claims: number; readonly tasks: number; readonly openPromises: number };

const bookingOf = (caller: number): BookingPayload => {
  const day = new Date(Date.UTC(2027, 0, 1) + caller * 86_400_000).toISOString().slice(0, 10);
  return sampleBooking({ start: `${day}T10:30:00+01:00`, name: `Caller ${caller}`, phone: `+4930555${10_000 + caller}` });
};

/** A caller says yes: accepted, the worker woken, and after a while a promise. */
function call(caller: number): void {
  const booking = bookingOf(caller);
  const op = worker.ledger.accept({ call: asCallId(`call-${caller}`), tenant: 'demo', seq: 1, payload: booking });
  void worker.engine.wake(op.op);
  worker.ledger.openPromise(op.op, worker.clock.epochMs() + PROMISE_MS);
  asked.push({ op, booking, atMs: worker.clock.monotonicMs() });
}

const stateOf = ({ op }: { readonly op: OpView }): string | undefined => worker.ledger.get(op.op)?.state;
const promiseOf = ({ op }: { readonly op: OpView }) => worker.ledger.promises({ open: false }).find((promise) => promise.op === op.op);
const tasksOf = ({ op }: { readonly op: OpView }) => worker.ledger.tasks({ open: false }).filter((task) => task.op === op.op);

beforeAll(async () => {
  calendar = await testCalendar(folder.path);
  await calendar.start();
  await calendar.kill();
  worker = startClockedWorker({ folder: folder.path, calendar, rate: RATE });
  for (let caller = 0; caller < CALLERS; caller += 1) {
    call(caller);
    await worker.pass(OUTAGE_MS / CALLERS, WAITING_STEP_MS);
  }
  const openPromises = worker.ledger.promises({ open: true }).length;
  outage = { requests: worker.requests.length, claims: worker.claims(), tasks: worker.ledger.tasks({ open: true }).length, openPromises };
  await calendar.start();
  reopenedAtMs = worker.clock.monotonicMs();
  for (let waitedMs = 0; waitedMs < DRAIN_MS_MAX && asked.some((one) => stateOf(one) !== 'verified'); waitedMs += 1000)
    await worker.pass(1000, DRAINING_STEP_MS);
  await worker.pass(1000, DRAINING_STEP_MS);
  afterwards = worker.requests.slice(outage.requests);
}, 180_000);
afterAll(async () => {
  await worker.close();
  await calendar.kill();
  folder.remove();
});

describe('while a calendar is away for four hours', () => {
  test('it is asked once per pause, however many wait for it', () => {
    expect(outage.requests).toBeGreaterThan(0);
    expect(outage.requests).toBeLessThanOrEqual(OUTAGE_MS / PAUSE_MS_MAX + 10);
  });

  test('what waits costs the ledger nothing: leases are taken for those looks, and once for each caller', () => {
    expect(outage.claims).toBeLessThanOrEqual(outage.requests + CALLERS + 10);
  });

  test('promises that come to their deadline become one task each, and no others', () => {
    const late = asked.filter(({ atMs }) => atMs + PROMISE_MS <= reopenedAtMs);
    expect(outage.tasks).toBe(late.length);
    expect(outage.openPromises).toBe(CALLERS - late.length);
  });
});

describe('when it is back', () => {
  test('every request is committed, exactly once', async () => {
    expect(asked.map(stateOf)).toEqual(asked.map(() => 'verified'));
    expect(afterwards.filter(({ method }) => method === 'PUT')).toHaveLength(CALLERS);
    const reader = createCalendarReader(calendar);
    try {
      for (const { booking } of asked) expect(await reader.entries(booking)).toHaveLength(1);
    } finally {
      await reader.close();
    }
  });

  test('one request asks whether it answers before any other is made', () => {
    const answered = afterwards.find(({ end }) => end?.sent === true);
    if (answered === undefined) throw new Error('nothing was answered');
    const before = afterwards.slice(0, afterwards.indexOf(answered) + 1);
    const firstEndMs = answered.end?.atMs ?? 0;
    expect(afterwards.filter(({ atMs }) => atMs < firstEndMs).every((request) => before.includes(request))).toBe(true);
    for (const [index, request] of before.entries())
      expect(before[index + 1]?.atMs ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(request.end?.atMs ?? Number.NaN);
  });

  test('no second sees more requests than the calendar allows', () => {
    const times = afterwards.map(({ atMs }) => atMs);
    const inSecondFrom = (fromMs: number): number => times.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1000).length;
    expect(Math.max(...times.map(inSecondFrom))).toBeLessThanOrEqual(RATE.burst + RATE.requestsPerSecond);
    // In the long run the rate alone counts, and it is used: nobody waits for nothing.
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    const allowed = RATE.burst + ((last - first) / 1000) * RATE.requestsPerSecond;
    expect(times.length).toBeLessThanOrEqual(allowed + 1);
    expect(times.length).toBeGreaterThan(allowed * 0.8);
  });

  test('each promise has ended in one task: as not recorded where its time was up, as to be confirmed where it was not', () => {
    for (const one of asked) {
      const isLate = one.atMs + PROMISE_MS <= reopenedAtMs;
      expect(promiseOf(one)?.state).toBe(isLate ? 'handed_to_human' : 'kept');
      expect(tasksOf(one).map(({ reason }) => reason)).toEqual([isLate ? 'needs_human' : 'confirm_booking']);
    }
  });
});
