/**
 * A daemon that died between the end of a write and the sentence about it left nothing behind: the caller hung up, no promise was open,
 * and no person was told. The same held for a caller who hung up before the confirmation was heard.
 */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import type { OpId } from '../../../../src/base/ids.ts';
import { BOOKING_LINES, createHouse, type House, type HouseOptions } from './call-house.ts';

const SLOT = '2026-03-05T10:30:00+01:00';
/** Until a new daemon has looked for what the old one left behind. */
const LOOKED_MS = 800;

/** A house whose daemon never hears of the first write, as if it had died while it waited. */
async function deafHouse(options: HouseOptions = {}): Promise<House & { readonly accepted: Promise<OpId> }> {
  const accepted = Promise.withResolvers<OpId>();
  const house = await createHouse({
    ...options,
    beforeWrite: (op) => {
      accepted.resolve(op);
      return Promise.withResolvers<void>().promise;
    },
  });
  return { ...house, accepted: accepted.promise };
}

/** The caller says yes, the daemon dies, the caller hangs up, and the worker carries the request out. */
async function abandoned(house: Awaited<ReturnType<typeof deafHouse>>, before: () => void = () => undefined): Promise<OpId> {
  const { call, channel } = await house.dial();
  await house.says(call, ...BOOKING_LINES);
  before();
  await house.says(call, 'yes');
  house.kill();
  house.phone.hangUpCaller(channel);
  const op = await house.accepted;
  await house.engine.wake(op);
  return op;
}

async function startAgain(house: House): Promise<void> {
  await house.restart();
  await house.pass(LOOKED_MS);
  await house.engine.sweep();
}

const tasksOf = (house: House) => house.ledger.tasks({ open: false });

describe('a daemon that died before the caller heard what came of the request', () => {
  it('leaves one task about the time that was taken, over any number of restarts', async () => {
    const house = await deafHouse();
    const op = await abandoned(house, () => house.calendar.addForeign(SLOT, 30));
    expect(house.ledger.get(op)).toMatchObject({ state: 'conflict' });
    expect(tasksOf(house)).toEqual([]);
    for (let starts = 0; starts < 3; starts += 1) await startAgain(house);
    expect(tasksOf(house)).toMatchObject([{ op, reason: 'conflict_after_promise', summary: expect.stringContaining('Laura Becker') }]);
  });

  it('leaves one task about the request that was refused', async () => {
    const house = await deafHouse();
    Object.assign(house.calendar, { create: () => Promise.resolve({ type: 'rejected', code: 'destination_rejected' }) });
    const op = await abandoned(house);
    expect(house.ledger.get(op)).toMatchObject({ state: 'rejected' });
    for (let starts = 0; starts < 2; starts += 1) await startAgain(house);
    expect(tasksOf(house)).toMatchObject([{ op, reason: 'needs_human' }]);
  });

  it('leaves one task to confirm the booking that stands', async () => {
    const house = await deafHouse();
    const op = await abandoned(house);
    expect(house.ledger.get(op)).toMatchObject({ state: 'verified' });
    for (let starts = 0; starts < 2; starts += 1) await startAgain(house);
    expect(tasksOf(house)).toMatchObject([{ op, reason: 'confirm_booking' }]);
  });

  it('leaves the task also when the switch does not tell the new daemon which calls go on', async () => {
    const house = await deafHouse();
    const op = await abandoned(house);
    const silent = { ...house.phone, liveCalls: () => Promise.reject(new AppError('ari_request_failed', 'no answer')) };
    await house.restart({ phone: silent });
    await house.pass(LOOKED_MS);
    await house.engine.sweep();
    expect(tasksOf(house)).toMatchObject([{ op, reason: 'confirm_booking' }]);
  });

  it('leaves the task also when the request is decided only after the new daemon has started', async () => {
    const house = await deafHouse();
    house.calendar.down = 'destination_unreachable';
    const op = await abandoned(house);
    await startAgain(house);
    expect(tasksOf(house)).toEqual([]);
    house.calendar.down = null;
    await house.pass(10_000);
    await house.engine.sweep();
    expect(house.ledger.get(op)).toMatchObject({ state: 'verified' });
    expect(tasksOf(house)).toMatchObject([{ op, reason: 'confirm_booking' }]);
  });

  it('leaves no task for a caller who is still there and is told', async () => {
    const house = await deafHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    const op = await house.accepted;
    house.kill();
    await house.engine.wake(op);
    await startAgain(house);
    await house.quiet();
    expect(house.said).toMatchObject([{ op, claim: 'committed' }]);
    await house.says(call, 'no thank you');
    await startAgain(house);
    expect(tasksOf(house)).toEqual([]);
    expect(house.ledger.promises({ open: false })).toEqual([]);
  });
});

describe('a call that ends', () => {
  it('before its caller heard the confirmation leaves one task to confirm', async () => {
    const release = Promise.withResolvers<void>();
    const house = await createHouse({ beforeWrite: () => release.promise });
    const { call, channel } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    release.resolve();
    await house.pass(100);
    await house.engine.sweep();
    await startAgain(house);
    expect(tasksOf(house)).toMatchObject([{ call, reason: 'confirm_booking' }]);
    expect(house.said).toEqual([]);
  });

  it('after its caller heard what came of the request leaves none', async () => {
    const house = await createHouse();
    const { call, channel } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    house.calendar.addForeign(SLOT, 30);
    await house.says(call, 'yes');
    await house.says(call, 'at eleven', 'yes');
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    await startAgain(house);
    expect(house.said.map(({ claim }) => claim)).toEqual(['failed', 'committed']);
    expect(tasksOf(house)).toEqual([]);
  });

  it('with a confirmation that the gate refused leaves the one task that was promised', async () => {
    const house = await createHouse({ ledger: () => ({ bearsOut: () => false }) });
    const { call, channel } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    await startAgain(house);
    expect(tasksOf(house)).toMatchObject([{ call, reason: 'callback' }]);
  });

  it('while the ledger is locked is looked at again', async () => {
    let refusals = 2;
    const house = await createHouse({
      ledger: (real) => ({
        promiseUntold: (calls, deadline) => {
          if ('over' in calls && (refusals -= 1) >= 0) throw new AppError('ledger_unavailable', 'locked');
          return real.promiseUntold(calls, deadline);
        },
      }),
      beforeWrite: () => Promise.withResolvers<void>().promise,
    });
    const { call, channel } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    expect(house.ledger.promises({ open: true })).toEqual([]);
    await house.pass(20_100);
    expect(house.ledger.promises({ open: true })).toHaveLength(1);
  });
});
