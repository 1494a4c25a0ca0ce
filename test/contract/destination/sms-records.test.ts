import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openDeliveryLog, type DeliveryLog } from '../../../src/adapters/destinations/delivery-log.ts';
import { readSmsMapping, type SmsMapping } from '../../../src/adapters/destinations/notice/sms-mapping.ts';
import { createSmsDestination, type SmsDestination } from '../../../src/adapters/destinations/notice/sms.ts';
import type { NoticePayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { startAuthorizationServer } from '../../support/stand-ins/oauth/authorization-server.ts';
import { connectOauth, sampleClient } from '../../support/stand-ins/oauth/connect-oauth.ts';
import { startGateway, type Gateway } from '../../support/stand-ins/sms/gateway.ts';
import { describeRecordDestination } from './record-suite.ts';

const clock = createSystemClock();
const mapping = readSmsMapping(join(import.meta.dirname, '../../../config/mappings/sms-example.yaml'));
const { status } = mapping;
if (status === undefined) throw new Error('the example has a status');
const { status: _status, ...withoutStatus } = mapping;
/** Gateways that know less. */
const searchedOnly: SmsMapping = { ...mapping, honoursKey: false };
const blind: SmsMapping = { ...withoutStatus, honoursKey: false };
const { recordsAt: _list, keyAt: _key, ...oneMessage } = status;
const askedById: SmsMapping = { ...blind, status: { ...oneMessage, path: '/messages/{id}' } };
const options = () => ({ signal: AbortSignal.timeout(5000) });

function connect(
  gateway: Gateway,
  of: SmsMapping = mapping,
  more: { readonly port?: number; readonly deliveries?: DeliveryLog } = {},
): SmsDestination {
  const { port = gateway.port, deliveries } = more;
  const access = { url: `http://127.0.0.1:${port}`, credential: () => gateway.token, signingSecret: () => gateway.secret };
  return createSmsDestination({ mapping: of, access, clock, sandbox: true, ...(deliveries === undefined ? {} : { deliveries }) });
}

for (const [name, of] of [
  ['text messages: a gateway that sends once per key', mapping],
  ['text messages: a gateway that is asked before each message', searchedOnly],
] as const) {
  let gateway: Gateway;
  describeRecordDestination(
    {
      name,
      start: async () => {
        gateway = await startGateway(clock.epochMs);
        if (!of.honoursKey) gateway.forgetReferences();
        return { host: '127.0.0.1', port: gateway.port };
      },
      connect: async (port) => {
        const destination = connect(gateway, of, { port });
        const count = async (key: string): Promise<number> =>
          gateway.messages.filter(({ reference }) => reference === remoteIdOf(key)).length;
        return { destination, count, edit: null, close: () => destination.close() };
      },
      stop: async () => {
        expect(gateway.violations()).toEqual([]);
        await gateway.close();
      },
      cancellable: [],
    },
    ['notice'],
  );
}

describe('a text message', () => {
  let gateway: Gateway;
  let last = 0;
  const nextKey = (): string => {
    last += 1;
    return `v1.demo.call-${last}.1.notice`;
  };
  const notice: NoticePayload = {
    kind: 'notice',
    channel: 'sms',
    to: '+493055501234',
    subject: 'Your appointment',
    text: 'See you "on" Thursday & {key}',
  };
  beforeEach(async () => {
    gateway = await startGateway(clock.epochMs);
  });
  afterEach(() => gateway.close());

  test.each([
    ['an e-mail', { ...notice, channel: 'email', to: 'laura@example.org' }],
    ['a number that is none', { ...notice, to: '0305550' }],
  ] as const)('%s is refused', async (_what, payload) => {
    const destination = connect(gateway);
    expect(await destination.create(nextKey(), payload, options())).toMatchObject({ type: 'rejected' });
    await destination.close();
  });

  test('a text is sent as it is, whatever stands in it', async () => {
    const destination = connect(gateway);
    await destination.create(nextKey(), notice, options());
    expect(gateway.messages[0]).toMatchObject({ recipient: notice.to, text: notice.text });
    await destination.close();
  });

  test('a message that could not be delivered is no confirmation: a person has to call', async () => {
    const destination = connect(gateway);
    const key = nextKey();
    await destination.create(key, notice, options());
    const [message] = gateway.messages;
    if (message === undefined) throw new Error('nothing was sent');
    message.status = 'expired';
    expect(await destination.readBack(key, notice, options())).toEqual({ type: 'differs', remoteId: 'm1' });
    expect(await destination.create(key, notice, options())).toMatchObject({ type: 'rejected' });
    expect(gateway.messages).toHaveLength(1);
    await destination.close();
  });

  test('where only delivery counts, a message on its way is neither there nor absent', async () => {
    const destination = connect(gateway, { ...mapping, status: { ...status, waitForDelivery: true } });
    const key = nextKey();
    await destination.create(key, notice, options());
    expect(await destination.readBack(key, notice, options())).toEqual({ type: 'unavailable', code: 'timed_out' });
    for (const message of gateway.messages) message.status = 'delivered';
    expect(await destination.readBack(key, notice, options())).toMatchObject({ type: 'found', remoteId: 'm1' });
    await destination.close();
  });

  test('a gateway that only knows its own ids is asked what became of a message; what is in doubt is never sent again', async () => {
    gateway.forgetReferences();
    const destination = connect(gateway, askedById);
    expect(destination.capabilities).toMatchObject({ idempotence: 'none', exactlyOnce: 'human_check' });
    const key = nextKey();
    expect(await destination.create(key, notice, options())).toMatchObject({ type: 'committed', remoteId: 'm1' });
    expect(await destination.readBack(key, notice, options())).toMatchObject({ type: 'found', remoteId: 'm1' });
    for (const message of gateway.messages) message.status = 'failed';
    expect(await destination.readBack(key, notice, options())).toMatchObject({ type: 'differs' });
    const doubtful = nextKey();
    gateway.answerNext({ status: 502, body: {} });
    expect(await destination.create(doubtful, notice, options())).toMatchObject({ type: 'unknown' });
    expect(await destination.create(doubtful, notice, options())).toMatchObject({ type: 'unknown' });
    expect(await destination.readBack(doubtful, notice, options())).toEqual({ type: 'absent' });
    expect(gateway.messages).toHaveLength(1);
    await destination.close();
  });

  test('a gateway that cannot be asked at all is believed when it takes a message, also after a restart', async () => {
    const deliveries = openDeliveryLog(null);
    const first = connect(gateway, blind, { deliveries });
    const key = nextKey();
    await first.create(key, notice, options());
    const second = connect(gateway, blind, { deliveries });
    expect(await second.readBack(key, notice, options())).toMatchObject({ type: 'found', remoteId: 'm1' });
    await Promise.all([first.close(), second.close()]);
  });

  test('a form is sent as a form', async () => {
    const { json: _json, ...send } = mapping.send;
    const destination = connect(gateway, { ...blind, send: { ...send, form: { To: '{toDigits}', Body: '{text}', Flash: true } } });
    // The stand-in takes JSON only and says so: what counts is what came.
    expect(await destination.create(nextKey(), notice, options())).toMatchObject({ type: 'rejected' });
    expect(gateway.violations()).toHaveLength(1);
    await destination.close();
  });

  test('a gateway that takes access tokens is sent to with one, which is fetched once anew when it was refused', async () => {
    const issued = ['stale', gateway.token];
    const tokenServer = await startAuthorizationServer({
      client: sampleClient,
      now: clock.epochMs,
      issue: () => issued.shift() ?? 'wrong',
    });
    const access = {
      url: `http://127.0.0.1:${gateway.port}`,
      tokens: connectOauth(tokenServer, clock),
      signingSecret: () => gateway.secret,
    };
    const destination = createSmsDestination({ mapping: { ...blind, auth: { type: 'oauth' } }, access, clock, sandbox: true });
    tokenServer.answerNext({ status: 400, body: { error: 'invalid_client' } });
    const key = nextKey();
    expect(await destination.create(key, notice, options())).toEqual({ type: 'retry', code: 'destination_unauthorized', afterMs: null });
    expect(await destination.create(key, notice, options())).toMatchObject({ type: 'committed' });
    expect(gateway.messages.filter(({ reference }) => reference === remoteIdOf(key))).toHaveLength(1);
    expect(tokenServer.count()).toBe(2);
    await destination.close();
    await tokenServer.close();
  });
});
