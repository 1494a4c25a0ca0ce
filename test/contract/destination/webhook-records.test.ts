import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openDeliveryLog, type DeliveryLog } from '../../../src/adapters/destinations/delivery-log.ts';
import { readRestSystem, type RestSystem } from '../../../src/adapters/destinations/rest/rest-system.ts';
import { createRestDestination, type RestDestination } from '../../../src/adapters/destinations/rest/rest.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { startReceiver, type Receiver } from '../../support/stand-ins/rest/receiver.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleMessage } from '../../support/writeback-samples.ts';
import { describeRecordDestination } from './record-suite.ts';

const clock = createSystemClock();
const system = readRestSystem(join(import.meta.dirname, '../../../config/mappings/rest-example-webhook.yaml'));
/** The same receiver, which promises nothing about repeats. */
const withoutKeys: RestSystem = {
  ...system,
  mapping: { ...system.mapping, idempotence: 'none', idempotencyKey: { header: 'Idempotency-Key', honoured: false } },
};
const options = () => ({ signal: AbortSignal.timeout(5000) });

interface Connecting {
  readonly port?: number;
  readonly of?: RestSystem;
  readonly deliveries?: DeliveryLog;
  readonly epochMs?: () => number;
}

function connect(
  receiver: Receiver,
  { port = receiver.port, of = system, deliveries, epochMs = clock.epochMs }: Connecting = {},
): RestDestination {
  const access = { url: `http://127.0.0.1:${port}`, signingSecret: () => receiver.secret };
  return createRestDestination({
    system: of,
    access,
    practice: samplePractice,
    clock: { ...clock, epochMs },
    sandbox: true,
    ...(deliveries === undefined ? {} : { deliveries }),
  });
}

let shared: Receiver;
describeRecordDestination(
  {
    name: 'webhook to a receiver that honours keys',
    start: async () => {
      shared = await startReceiver(clock.epochMs);
      return { host: '127.0.0.1', port: shared.port };
    },
    connect: async (port) => {
      const destination = connect(shared, { port });
      return { destination, count: async (key) => shared.count(remoteIdOf(key)), edit: null, close: () => destination.close() };
    },
    stop: async () => {
      expect(shared.violations()).toEqual([]);
      await shared.close();
    },
    cancellable: ['message'],
    keepsWords: true,
  },
  ['message', 'note'],
);

describe('a webhook', () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'deliveries.jsonl');
  let receiver: Receiver;
  let last = 0;
  const nextKey = (): string => {
    last += 1;
    return `v1.demo.call-${last}.1.message`;
  };
  const message = sampleMessage();
  beforeEach(async () => {
    receiver = await startReceiver(clock.epochMs);
  });
  afterEach(async () => {
    await receiver.close();
    folder.remove();
  });

  test('a receiver that promises nothing about repeats makes it a case for a person', async () => {
    const destination = connect(receiver, { of: withoutKeys });
    expect(destination.capabilities).toMatchObject({ idempotence: 'none', exactlyOnce: 'human_check' });
    expect(connect(receiver).capabilities).toMatchObject({ idempotence: 'native_key', exactlyOnce: 'guaranteed' });
    await destination.close();
  });

  test('what may have arrived at a receiver without keys is never sent again, also after a restart', async () => {
    receiver.forgetKeys();
    const key = nextKey();
    const deliveries = openDeliveryLog(path);
    const first = connect(receiver, { of: withoutKeys, deliveries });
    receiver.answerNext({ status: 500, body: {} });
    expect(await first.create(key, message, options())).toMatchObject({ type: 'unknown' });
    expect(await first.create(key, message, options())).toMatchObject({ type: 'unknown' });
    expect(await first.readBack(key, message, options())).toEqual({ type: 'absent' });
    await first.close();
    deliveries.close();
    const second = connect(receiver, { of: withoutKeys, deliveries: openDeliveryLog(path) });
    expect(await second.create(key, message, options())).toMatchObject({ type: 'unknown' });
    expect(await second.readBack(key, message, options())).toEqual({ type: 'absent' });
    expect(receiver.requests).toHaveLength(1);
    await second.close();
  });

  test('"busy" from a receiver without keys leaves it open; from one with keys it means that nothing was done', async () => {
    const unsure = connect(receiver, { of: withoutKeys });
    const sure = connect(receiver);
    receiver.answerNext({ status: 503, body: {} });
    expect(await unsure.create(nextKey(), message, options())).toMatchObject({ type: 'unknown' });
    receiver.answerNext({ status: 503, body: {} });
    expect(await sure.create(nextKey(), message, options())).toMatchObject({ type: 'retry' });
    await Promise.all([unsure.close(), sure.close()]);
  });

  test('what was refused may be sent again, also where keys are not honoured', async () => {
    const destination = connect(receiver, { of: withoutKeys });
    const key = nextKey();
    receiver.answerNext({ status: 429, body: {}, headers: { 'retry-after': '0' } });
    expect(await destination.create(key, message, options())).toMatchObject({ type: 'retry' });
    expect(await destination.readBack(key, message, options())).toEqual({ type: 'absent' });
    expect(await destination.create(key, message, options())).toMatchObject({ type: 'committed', remoteId: 'd1' });
    expect(receiver.count(remoteIdOf(key))).toBe(1);
    await destination.close();
  });

  test('the word of the receiver outlives a restart', async () => {
    const key = nextKey();
    const deliveries = openDeliveryLog(path);
    const first = connect(receiver, { deliveries });
    await first.create(key, message, options());
    deliveries.close();
    const second = connect(receiver, { deliveries: openDeliveryLog(path) });
    expect(await second.readBack(key, message, options())).toMatchObject({ type: 'found', remoteId: 'd1' });
    expect(await second.readBack(key, { ...message, text: 'another' }, options())).toMatchObject({ type: 'differs' });
    await Promise.all([first.close(), second.close()]);
  });

  test.each([
    ['another key', { key: 'another' }],
    ['no key', {}],
  ])('an acknowledgement with %s is none', async (_what, body) => {
    const destination = connect(receiver);
    receiver.answerNext({ status: 200, body });
    expect(await destination.create(nextKey(), message, options())).toEqual({ type: 'unknown', code: 'destination_misbehaved' });
    await destination.close();
  });

  test('a signature older than the window, or made with another secret, is refused; nothing was done then', async () => {
    const late = connect(receiver, { epochMs: () => clock.epochMs() - 301_000 });
    expect(await late.create(nextKey(), message, options())).toMatchObject({ type: 'retry', code: 'destination_unauthorized' });
    const stranger = connect({ ...receiver, secret: 'another' });
    expect(await stranger.create(nextKey(), message, options())).toMatchObject({ type: 'retry', code: 'destination_unauthorized' });
    await Promise.all([late.close(), stranger.close()]);
  });

  test('what a person has worked on at the receiver is not taken back', async () => {
    const destination = connect(receiver);
    const key = nextKey();
    await destination.create(key, message, options());
    receiver.answerNext({ status: 409, body: {} });
    expect(await destination.cancel(key, message, options())).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await destination.readBack(key, message, options())).toMatchObject({ type: 'found' });
    await destination.close();
  });

  test('a moved appointment is refused: nobody can tell whether a person changed the old one', async () => {
    const destination = connect(receiver);
    const booking = {
      kind: 'booking',
      service: 's',
      serviceName: 's',
      start: '2027-01-01T08:00:00Z',
      minutes: 30,
      name: 'n',
      phone: '+4930',
      reason: null,
    } as const;
    expect(await destination.update(nextKey(), booking, { key: nextKey(), payload: booking }, options())).toMatchObject({
      type: 'rejected',
    });
    await destination.close();
  });
});
