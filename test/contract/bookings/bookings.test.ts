import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBookingsClient } from '../../../src/adapters/bookings/bookings-client.ts';
import { OP_CHANGED } from '../../../src/adapters/bookings/worker-protocol.ts';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { serveRpc, type RpcServer } from '../../../src/adapters/ipc/rpc.ts';
import { createRpcHandlers } from '../../../src/app/worker/rpc-handlers.ts';
import { asCallId, asOpId } from '../../../src/base/ids.ts';
import type { FreeSlot } from '../../../src/domain/hours/free-slot.ts';
import type { Bookings } from '../../../src/ports/bookings.ts';
import type { Destination } from '../../../src/ports/destination.ts';
import type { WriteBackEngine } from '../../../src/runtime/write-back/engine.ts';
import { createFakeBookings } from '../../support/fake-bookings.ts';
import { createFakeDestination, type FakeDestination } from '../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../support/fake-ledger.ts';
import { createFakeQueue } from '../../support/fake-queue.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testEngine } from '../../support/test-engine.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const slots: readonly FreeSlot[] = [
  { start: '2026-03-05T10:30:00+01:00', minutes: 30 },
  { start: '2026-03-05T11:00:00+01:00', minutes: 30 },
];
const query = { service: 'check-up', fromDay: '2026-03-05', toDay: '2026-03-05' };
const LAURA = '+493055501234';
const signal = new AbortController().signal;

let folder: ReturnType<typeof temporaryFolder>;
let stop: AbortController;
let server: RpcServer | null;
let ledger: FakeLedger;
let calendar: FakeDestination;
let crm: FakeDestination;
/** Further systems that are asked who calls. */
let otherContacts: readonly Destination[];
let engine: WriteBackEngine;
let bookings: Bookings;

beforeEach(() => {
  folder = temporaryFolder();
  stop = new AbortController();
  server = null;
  const clock = createSystemClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination('calendar', slots);
  crm = createFakeDestination('crm');
  otherContacts = [];
  engine = testEngine({
    store: ledger.store,
    destinations: [calendar],
    clock,
    onChanged: (op, state) => server?.notify(OP_CHANGED, { op, state }),
  });
});
afterEach(async () => {
  stop.abort();
  await bookings.close();
  await server?.close();
  folder.remove();
});

const socket = (): string => join(folder.path, 'worker.sock');
const serve = async (): Promise<void> => {
  const reconciler = { run: () => Promise.reject(new Error('nobody asks for a comparison here')) };
  const destinations = new Map([[calendar.id, calendar]]);
  const parts = {
    calendar,
    freeSlotsFrom: calendar,
    askedWhoCalls: () => [calendar, crm, ...otherContacts],
    destinations,
    clock: createSystemClock(),
    log: createKeptLogger(),
  };
  const handlers = createRpcHandlers({ engine, reconciler, ...parts });
  server = await serveRpc({ path: socket(), handlers });
};
const client = (queue = createFakeQueue()): Bookings =>
  createBookingsClient({
    socket: socket(),
    queue,
    ledger: ledger.ledger,
    clock: createSystemClock(),
    log: createKeptLogger(),
    signal: stop.signal,
  });
const accept = (call = 'call-1') => ledger.ledger.accept({ call: asCallId(call), tenant: 'demo', seq: 1, payload: sampleBooking() });

describe.each([
  [
    'fake',
    async () => createFakeBookings({ ledger: ledger.ledger, calendar, systems: [calendar, crm], carryOut: (op) => engine.wake(op) }),
  ],
  [
    'worker socket',
    async () => {
      await serve();
      return client();
    },
  ],
])('bookings (%s)', (_name, open) => {
  beforeEach(async () => {
    bookings = await open();
  });

  test('free slots come with their age', async () => {
    expect(await bookings.freeSlots(query, { signal, limitMs: 2000 })).toEqual({ slots, ageMs: 0 });
  });

  test('names under which a number is known are told, and none for a number that is not', async () => {
    await crm.create('key-1', { kind: 'contact', name: 'Laura Becker', phone: LAURA }, { signal });
    await crm.create('key-2', { kind: 'note', title: 'Note', text: 'Tom Else called', phone: LAURA }, { signal });
    expect(await bookings.whoCalls(LAURA, { signal, limitMs: 2000 })).toEqual({ names: ['Laura Becker'], entered: [] });
    expect(await bookings.whoCalls('+493055509999', { signal, limitMs: 2000 })).toEqual({ names: [], entered: [] });
  });

  test('appointments that people entered under a number are told in order of time, and those of ours are not', async () => {
    await calendar.create('key-1', sampleBooking({ phone: LAURA }), { signal });
    calendar.addForeign('2026-03-12T09:00:00Z', 30, LAURA);
    calendar.addForeign('2026-03-11T09:00:00Z', 30, LAURA);
    calendar.addForeign('2026-03-10T09:00:00Z', 30, '+493055509999');
    calendar.addForeign('2026-03-09T09:00:00Z', 30);
    const { entered } = await bookings.whoCalls(LAURA, { signal, limitMs: 2000 });
    expect(entered).toEqual([
      { service: null, start: '2026-03-11T09:00:00.000Z' },
      { service: null, start: '2026-03-12T09:00:00.000Z' },
    ]);
  });

  test('settle returns the row once it is decided', async () => {
    const { op } = accept();
    expect(await bookings.settle(op, { signal, budgetMs: 2000 })).toMatchObject({ op, state: 'verified' });
    expect(await bookings.settle(op, { signal, budgetMs: 2000 })).toMatchObject({ op, state: 'verified' });
    const { op: second } = accept('call-2');
    expect(await bookings.settle(second, { signal, budgetMs: 2000 })).toMatchObject({ state: 'conflict' });
  });

  test('settle returns an undecided row as it stands', async () => {
    calendar.down = 'destination_unreachable';
    const { op } = accept();
    expect(await bookings.settle(op, { signal, budgetMs: 150 })).toMatchObject({ state: 'sending', errorCode: 'destination_unreachable' });
  });

  test('settle of an unknown operation says not_found, and a calendar that is down its code', async () => {
    await expect(bookings.settle(asOpId('none'), { signal, budgetMs: 100 })).rejects.toMatchObject({ code: 'not_found' });
    calendar.down = 'destination_unauthorized';
    await expect(bookings.freeSlots(query, { signal, limitMs: 2000 })).rejects.toMatchObject({ code: 'destination_unauthorized' });
  });
});

describe('bookings over the worker socket', () => {
  test('slots that were read before are given with their age while the calendar does not answer', async () => {
    await serve();
    bookings = client();
    await bookings.freeSlots(query, { signal, limitMs: 2000 });
    calendar.down = 'destination_unreachable';
    const { slots: kept, ageMs } = await bookings.freeSlots(query, { signal, limitMs: 2000 });
    expect(kept).toEqual(slots);
    expect(ageMs).toBeGreaterThanOrEqual(0);
    await expect(bookings.freeSlots({ ...query, toDay: '2026-03-06' }, { signal, limitMs: 2000 })).rejects.toMatchObject({
      code: 'destination_unreachable',
    });
  });

  test('who calls is told by the systems that answer; one that is down, or never comes to an end, is left out', async () => {
    const ofOther = createFakeDestination('other');
    await ofOther.create('key-1', { kind: 'contact', name: 'Laura Becker', phone: LAURA }, { signal });
    const hanging = { ...createFakeDestination('hanging'), find: () => new Promise<never>(() => undefined) };
    otherContacts = [ofOther];
    crm.down = 'destination_unreachable';
    await serve();
    bookings = client();
    expect(await bookings.whoCalls(LAURA, { signal, limitMs: 2000 })).toEqual({ names: ['Laura Becker'], entered: [] });
    otherContacts = [ofOther, hanging];
    await expect(bookings.whoCalls(LAURA, { signal, limitMs: 300 })).rejects.toMatchObject({ code: 'timed_out' });
    expect(await bookings.whoCalls(LAURA, { signal, limitMs: 20_000 })).toMatchObject({ names: ['Laura Becker'] });
  });

  test('without a worker, settle ends with its budget, and free slots with timed_out', async () => {
    bookings = client();
    const { op } = accept();
    expect(await bookings.settle(op, { signal, budgetMs: 100 })).toMatchObject({ state: 'accepted' });
    await expect(bookings.freeSlots(query, { signal, limitMs: 100 })).rejects.toMatchObject({ code: 'timed_out' });
  });

  test('a worker that comes within the bound is waited for', async () => {
    bookings = client();
    const asked = bookings.freeSlots(query, { signal, limitMs: 5000 });
    await serve();
    expect((await asked).slots).toEqual(slots);
  });

  test('the queue alone is enough to wake the worker', async () => {
    const queue = createFakeQueue();
    bookings = client(queue);
    void queue.consume((op) => engine.wake(op), { signal: stop.signal });
    const { op } = accept();
    expect(await bookings.settle(op, { signal, budgetMs: 2000 })).toMatchObject({ state: 'verified' });
  });
});
