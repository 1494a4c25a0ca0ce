import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createWriteBackRig, freshBooking, type WriteBackRig } from '../support/write-back-rig.ts';

let rig: WriteBackRig;
const signal = new AbortController().signal;

beforeAll(async () => {
  rig = await createWriteBackRig();
}, 60_000);
afterEach(() => rig.killWorker());
afterAll(() => rig.close());

describe('a worker that is stopped in order', () => {
  test('gives back what it could not finish: the next one goes on with it, and takes nobody for dead', async () => {
    await rig.startWorker();
    await rig.calendar.kill();
    const booking = freshBooking();
    const op = rig.accept(booking);
    await rig.bookings.settle(op.op, { signal, budgetMs: 50 });
    await eventually('the calendar is found away', () => rig.ledger.get(op.op)?.errorCode === 'destination_unreachable');
    await rig.stopWorker();
    const logged = rig.workerLog().length;
    await rig.calendar.start();
    await rig.startWorker();
    await rig.reaches(op.op, ['verified']);
    expect(await rig.entries(booking)).toHaveLength(1);
    expect(rig.workerLog().slice(logged)).toContain('"operation changed"');
    expect(rig.workerLog().slice(logged)).not.toContain('operation taken over');
  });

  test('gives up a request that hangs: nobody knows what came of it, and the next one looks before it writes', async () => {
    await rig.startWorker();
    rig.calendar.freeze();
    const booking = freshBooking();
    const op = rig.accept(booking);
    try {
      await rig.bookings.settle(op.op, { signal, budgetMs: 50 });
      await rig.reaches(op.op, ['sending']);
      await rig.stopWorker();
    } finally {
      rig.calendar.thaw();
    }
    expect(['sending', 'unknown']).toContain(rig.ledger.get(op.op)?.state);
    const logged = rig.workerLog().length;
    await rig.startWorker();
    await rig.reaches(op.op, ['verified']);
    expect(await rig.entries(booking)).toHaveLength(1);
    expect(rig.workerLog().slice(logged)).not.toContain('operation taken over');
  });
});
