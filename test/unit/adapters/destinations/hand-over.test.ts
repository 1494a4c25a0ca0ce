import { expect, test } from 'vitest';
import { openDeliveryLog, type DeliveryLog } from '../../../../src/adapters/destinations/delivery-log.ts';
import { handOver, readDelivery, takeBack } from '../../../../src/adapters/destinations/hand-over.ts';
import { AppError } from '../../../../src/base/app-error.ts';
import type { WriteResult } from '../../../../src/domain/writeback/answer.ts';
import { sampleBooking, sampleMessage } from '../../../support/writeback-samples.ts';

const COMMITTED: WriteResult = { type: 'committed', remoteId: 'r1', etag: null };
const UNKNOWN: WriteResult = { type: 'unknown', code: 'destination_unreachable' };
const RETRY: WriteResult = { type: 'retry', code: 'destination_unreachable', afterMs: null };
const payload = sampleMessage();

/** Hands the same thing over again and again; each attempt that is really made ends as the next result says. */
function rig(repeatable: boolean, results: WriteResult[], log: DeliveryLog = openDeliveryLog(null)) {
  let sent = 0;
  const send = (): Promise<WriteResult> => {
    sent += 1;
    return Promise.resolve(results.shift() ?? COMMITTED);
  };
  return { log, sent: () => sent, attempt: () => handOver(log, { key: 'k', payload, repeatable, send }) };
}

test('what was acknowledged is not sent again, and read from the log', async () => {
  const { log, attempt, sent } = rig(false, []);
  expect(await attempt()).toEqual(COMMITTED);
  expect(await attempt()).toEqual(COMMITTED);
  expect(sent()).toBe(1);
  expect(readDelivery(log, 'k', payload)).toMatchObject({ type: 'found', remoteId: 'r1' });
});

test('doubt ends the matter where nobody knows a repeat, and only there', async () => {
  const careful = rig(false, [UNKNOWN]);
  for (let times = 0; times < 3; times += 1) expect(await careful.attempt()).toEqual(UNKNOWN);
  expect(careful.sent()).toBe(1);
  const free = rig(true, [UNKNOWN, RETRY]);
  expect(await free.attempt()).toEqual(UNKNOWN);
  // "Not now" says nothing of the attempt before it.
  expect(await free.attempt()).toEqual(RETRY);
  expect(free.log.find('k')).toMatchObject({ state: 'begun' });
  expect(await free.attempt()).toEqual(COMMITTED);
});

test('what was not done may be done later', async () => {
  const { attempt, sent, log } = rig(false, [RETRY]);
  expect(await attempt()).toEqual(RETRY);
  expect(log.find('k')).toBeNull();
  expect(await attempt()).toEqual(COMMITTED);
  expect(sent()).toBe(2);
});

test('the attempt is on record before it is made', async () => {
  const log = openDeliveryLog(null);
  let seen: string | undefined;
  const send = (): Promise<WriteResult> => {
    seen = log.find('k')?.state;
    return Promise.resolve(COMMITTED);
  };
  await handOver(log, { key: 'k', payload, repeatable: false, send });
  expect(seen).toBe('begun');
});

test('nothing is sent when it cannot be put on record; once sent, a full disk does not undo the answer', async () => {
  const full = (): never => {
    throw new AppError('disk_full', 'full');
  };
  const memory = openDeliveryLog(null);
  const before = rig(false, [], { ...memory, put: full });
  expect(await before.attempt()).toEqual({ type: 'retry', code: 'disk_full', afterMs: null });
  expect(before.sent()).toBe(0);
  const after = rig(false, [], { ...memory, put: (delivery) => (delivery.state === 'begun' ? memory.put(delivery) : full()) });
  expect(await after.attempt()).toEqual(COMMITTED);
});

test('the same key with another content is a conflict', async () => {
  const { attempt, log } = rig(true, []);
  await attempt();
  const other = { key: 'k', payload: sampleMessage({ text: 'another' }), repeatable: true, send: () => Promise.resolve(COMMITTED) };
  expect(await handOver(log, other)).toEqual({ type: 'conflict', reason: 'exists_differently' });
  expect(readDelivery(log, 'k', other.payload)).toMatchObject({ type: 'differs' });
});

test('what is taken back is absent, is not taken back twice, and does not come back', async () => {
  const { attempt, log } = rig(true, []);
  await attempt();
  let asked = 0;
  const send = (remoteId: string): Promise<WriteResult> => {
    asked += 1;
    return Promise.resolve({ type: 'committed', remoteId, etag: null });
  };
  for (let times = 0; times < 2; times += 1) expect(await takeBack(log, 'k', send)).toEqual(COMMITTED);
  expect(await takeBack(log, 'never', send)).toMatchObject({ type: 'committed' });
  expect(asked).toBe(1);
  expect(readDelivery(log, 'k', payload)).toEqual({ type: 'absent' });
  expect(await attempt()).toEqual({ type: 'conflict', reason: 'changed' });
});

test("a caller's reason is nowhere in what is read", async () => {
  const log = openDeliveryLog(null);
  const booking = sampleBooking({ reason: 'pain' });
  await handOver(log, { key: 'b', payload: booking, repeatable: true, send: () => Promise.resolve(COMMITTED) });
  expect(readDelivery(log, 'b', booking)).toMatchObject({ type: 'found', payload: { reason: null } });
});
