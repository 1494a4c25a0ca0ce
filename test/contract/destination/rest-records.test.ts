import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { readRestSystem } from '../../../src/adapters/destinations/rest/rest-system.ts';
import { createRestDestination, type RestDestination } from '../../../src/adapters/destinations/rest/rest.ts';
import type { BookingPayload, ContactPayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { startPracticeSystem, type PracticeSystem } from '../../support/stand-ins/rest/practice-system.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';
import { describeRecordDestination } from './record-suite.ts';

const clock = createSystemClock();
const system = readRestSystem(join(import.meta.dirname, '../../../config/mappings/rest-example.yaml'));
const options = () => ({ signal: AbortSignal.timeout(5000) });

function connect(server: PracticeSystem, port = server.port): RestDestination {
  const access = { url: `http://127.0.0.1:${port}/api`, credential: () => server.token, signingSecret: () => server.secret };
  return createRestDestination({ system, access, practice: samplePractice, clock, sandbox: true });
}

let shared: PracticeSystem;
describeRecordDestination(
  {
    name: 'REST by OpenAPI document',
    start: async () => {
      shared = await startPracticeSystem(clock.epochMs);
      return { host: '127.0.0.1', port: shared.port };
    },
    connect: async (port) => {
      const destination = connect(shared, port);
      return {
        destination,
        count: async (key) => shared.count(remoteIdOf(key)),
        edit: async (key, kind) =>
          shared.edit(remoteIdOf(key), (fields) =>
            kind === 'contact'
              ? { ...fields, name: 'Changed by the desk' }
              : { ...fields, start: '2027-01-01T08:00:00Z', end: '2027-01-01T08:30:00Z' },
          ),
        close: () => destination.close(),
      };
    },
    stop: async () => {
      expect(shared.violations()).toEqual([]);
      await shared.close();
    },
    cancellable: ['contact', 'booking'],
    remembersAnswers: true,
  },
  ['contact', 'booking'],
);

describe('a system behind an OpenAPI document', () => {
  let server: PracticeSystem;
  let destination: RestDestination;
  let last = 0;
  const contact: ContactPayload = { kind: 'contact', name: 'Laura Becker', phone: '+493055501234' };
  const booking = (hour: number): BookingPayload => sampleBooking({ start: new Date(Date.UTC(2027, 1, 1, hour)).toISOString() });
  const nextKey = (): string => {
    last += 1;
    return `v1.demo.call-${last}.1.contact`;
  };
  beforeAll(async () => {
    server = await startPracticeSystem(clock.epochMs);
    destination = connect(server);
  });
  afterAll(async () => {
    expect(server.violations()).toEqual([]);
    await destination.close();
    await server.close();
  });

  test('it declares what its mapping promises', () => {
    expect(destination.capabilities).toMatchObject({
      idempotence: 'native_key',
      exactlyOnce: 'guaranteed',
      limits: { requestsPerSecond: 50 },
    });
  });

  test('a request that does not fit the document is refused before it is sent', async () => {
    const key = nextKey();
    expect(await destination.create(key, { ...contact, phone: 'none' }, options())).toEqual({
      type: 'rejected',
      code: 'destination_rejected',
    });
    expect(server.count(remoteIdOf(key))).toBe(0);
  });

  test.each([
    ['without what the document promises', { id: 'r1' }],
    ['with the key of another record', { id: 'r1', externalId: 'another', name: 'Laura Becker', phone: '+493055501234' }],
    ['without content', null],
  ])('an answer %s is not believed, although its status says success', async (_what, body) => {
    const key = nextKey();
    server.answerNext('POST', { status: 201, body });
    expect(await destination.create(key, contact, options())).toEqual({ type: 'unknown', code: 'destination_misbehaved' });
    expect(await destination.create(key, contact, options())).toMatchObject({ type: 'committed' });
  });

  test('the ambiguity table decides: 422 means that the key stands for another content', async () => {
    server.answerNext('POST', { status: 422, body: {} });
    expect(await destination.create(nextKey(), contact, options())).toEqual({ type: 'conflict', reason: 'exists_differently' });
  });

  test('a record that stands under the key already is compared, not overwritten', async () => {
    const key = nextKey();
    await destination.create(key, contact, options());
    expect(await destination.create(key, { ...contact, name: 'Someone Else' }, options())).toEqual({
      type: 'conflict',
      reason: 'exists_differently',
    });
    expect(await destination.readBack(key, { ...contact, name: 'Someone Else' }, options())).toMatchObject({ type: 'differs' });
  });

  test('of two appointments for one time the second is told that the slot is taken', async () => {
    expect(await destination.create(nextKey(), booking(9), options())).toMatchObject({ type: 'committed' });
    expect(await destination.create(nextKey(), booking(9), options())).toEqual({ type: 'conflict', reason: 'slot_taken' });
  });

  test('an appointment that a person moved is not moved away under their hands', async () => {
    const [oldKey, newKey] = [nextKey(), nextKey()];
    await destination.create(oldKey, booking(11), options());
    server.edit(remoteIdOf(oldKey), (fields) => ({ ...fields, start: '2027-02-01T15:00:00Z', end: '2027-02-01T15:30:00Z' }));
    expect(await destination.update(newKey, booking(13), { key: oldKey, payload: booking(11) }, options())).toEqual({
      type: 'conflict',
      reason: 'changed',
    });
    expect(server.count(remoteIdOf(oldKey))).toBe(1);
    expect(server.count(remoteIdOf(newKey))).toBe(0);
  });

  test('a token that is mended takes effect by itself', async () => {
    const stale = server.token;
    const access = { url: `http://127.0.0.1:${server.port}/api`, credential: () => secret, signingSecret: () => server.secret };
    let secret = stale;
    const mended = createRestDestination({ system, access, practice: samplePractice, clock, sandbox: true });
    server.expireToken();
    const key = nextKey();
    expect(await mended.create(key, contact, options())).toMatchObject({ type: 'retry', code: 'destination_unauthorized' });
    await expect(mended.check(options())).rejects.toMatchObject({ code: 'destination_unauthorized' });
    secret = server.token;
    expect(await mended.create(key, contact, options())).toMatchObject({ type: 'committed' });
    await mended.close();
  });

  test('the trace context of the call travels along', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await destination.create(nextKey(), contact, { ...options(), traceparent });
    expect(server.traces).toContain(traceparent);
  });

  test('a system that ignores the question for our key is not taken to say that nothing is there', async () => {
    server.ignoreFilters();
    expect(await destination.readBack(nextKey(), contact, options())).toEqual({ type: 'unavailable', code: 'destination_misbehaved' });
  });
});
