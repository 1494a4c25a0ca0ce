import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asCallId } from '../../src/base/ids.ts';
import { sampleMessage } from '../support/writeback-samples.ts';
import { createWriteBackRig, freshBooking, type WriteBackRig } from '../support/write-back-rig.ts';

let rig: WriteBackRig;
const signal = new AbortController().signal;

beforeAll(async () => {
  rig = await createWriteBackRig();
}, 60_000);
afterEach(() => rig.killWorker());
afterAll(() => rig.close());

describe('a worker that is killed', () => {
  test.each(['after_claim', 'before_send', 'after_send_before_commit', 'after_commit_before_verify'])(
    'at %s loses nothing and doubles nothing: the next one takes over within ten seconds',
    async (faultPoint) => {
      await rig.startWorker({ faultPoint });
      const booking = freshBooking();
      const op = rig.accept(booking);
      const settled = await rig.bookings.settle(op.op, { signal, budgetMs: 300 });
      expect(settled.state).not.toBe('verified');
      await rig.workerDied();
      expect(rig.faultFired(faultPoint)).toBe(true);
      await rig.startWorker({ faultPoint });
      const row = await rig.reaches(op.op, ['verified'], 10_000);
      expect(row.readBack).toEqual({ ...booking, reason: null });
      expect(await rig.entries(booking)).toHaveLength(1);
      expect(rig.ledger.tasks({ open: true }).filter((task) => task.op === op.op)).toEqual([]);
    },
  );

  test('while several operations are under way still leaves each exactly once', async () => {
    await rig.startWorker();
    const bookings = Array.from({ length: 6 }, freshBooking);
    const ops = bookings.map((booking) => rig.accept(booking));
    const settling = Promise.all(ops.map(({ op }) => rig.bookings.settle(op, { signal, budgetMs: 50 })));
    await settling;
    await rig.killWorker();
    await rig.startWorker();
    for (const { op } of ops) await rig.reaches(op, ['verified'], 15_000);
    for (const booking of bookings) expect(await rig.entries(booking)).toHaveLength(1);
  });

  test('before it ever ran leaves a message that is delivered once', async () => {
    const op = rig.accept(sampleMessage());
    await rig.startWorker();
    await rig.reaches(op.op, ['verified']);
    expect(rig.ledger.messages().filter((message) => message.op === op.op)).toMatchObject([
      { text: 'Please renew the prescription.', urgent: false },
    ]);
  });
});

describe('an appointment', () => {
  test('is moved and then cancelled in the calendar, across a kill in between', async () => {
    await rig.startWorker();
    const booking = freshBooking();
    const booked = rig.accept(booking);
    await rig.reaches(booked.op, ['verified']);
    const start = booking.start.replace('T10:30', 'T15:00');
    const moved = rig.accept({ kind: 'reschedule', target: booked.op, start });
    await rig.bookings.settle(moved.op, { signal, budgetMs: 20 });
    await rig.killWorker();
    await rig.startWorker();
    expect((await rig.reaches(moved.op, ['verified'])).readBack).toEqual({ ...booking, start });
    expect(await rig.entries(booking)).toHaveLength(0);
    expect(await rig.entries({ ...booking, start })).toHaveLength(1);
    expect(rig.ledger.bookingsOf(booking.phone).filter(({ op }) => op === moved.op)).toHaveLength(1);
    const cancelled = rig.accept({ kind: 'cancel', target: moved.op });
    await rig.reaches(cancelled.op, ['verified']);
    expect(await rig.entries({ ...booking, start })).toHaveLength(0);
  });
});

describe('a daemon that is killed', () => {
  test('at after_accept, before it woke anyone, has lost nothing: the sweep finds what the caller agreed to', async () => {
    await rig.startWorker();
    const booking = freshBooking();
    const data = join(rig.folder, 'var');
    const call = 'call-of-a-daemon-that-died';
    const script = join(import.meta.dirname, '..', 'support', 'accept-process.ts');
    const args = [join(data, 'ledger', 'ledger.db'), join(data, 'keys', 'kek.bin'), join(data, 'run'), call, JSON.stringify(booking)];
    expect(spawnSync(process.execPath, [script, ...args], { env: { PATH: '' } }).signal).toBe('SIGKILL');
    expect(rig.faultFired('after_accept')).toBe(true);
    const [row] = rig.ledger.list({ call: asCallId(call), limit: 1 });
    if (row === undefined) throw new Error('the row is lost');
    await rig.reaches(row.op, ['verified']);
    expect(await rig.entries(booking)).toHaveLength(1);
  });
});

describe('a promise', () => {
  test('ends in exactly one task although the worker is killed over and over', async () => {
    await rig.calendar.kill();
    const booking = freshBooking();
    const op = rig.accept(booking);
    rig.ledger.openPromise(op.op, Date.now() + 600_000);
    for (let round = 0; round < 3; round += 1) {
      await rig.startWorker();
      await rig.bookings.settle(op.op, { signal, budgetMs: 200 });
      await rig.killWorker();
    }
    await rig.calendar.start();
    await rig.startWorker();
    await rig.reaches(op.op, ['verified']);
    const tasksOf = () => rig.ledger.tasks({ open: true }).filter((task) => task.op === op.op);
    const [task] = await expect.poll(tasksOf, { timeout: 5000 }).toHaveLength(1).then(tasksOf);
    expect(task?.reason).toBe('confirm_booking');
    expect(rig.ledger.promises({ open: false }).find((promise) => promise.op === op.op)?.state).toBe('kept');
    await rig.killWorker();
    await rig.startWorker();
    const later = rig.accept(sampleMessage());
    await rig.reaches(later.op, ['verified']);
    expect(tasksOf()).toHaveLength(1);
  });
});
