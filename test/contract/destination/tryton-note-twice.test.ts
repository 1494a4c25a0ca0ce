/**
 * A note whose request came twice stood twice for good when the look after it was refused as well (a busy server): the write counted, and
 * the read-back believed the first of the two. What is read back as agreed stands once now. And a 409 of something in front of Tryton was
 * taken for Tryton's refusal, so that a whole plan was given up.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RequestFaultKind } from '../../../src/adapters/fault-proxy/misbehave.ts';
import { createFaultProxy, type FaultProxy } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import type { TrytonDestination } from '../../../src/adapters/destinations/tryton/tryton.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testTryton } from '../../support/tryton-server.ts';
import { countIn, DESK, trytonAt, trytonPerson } from '../../support/tryton-subject.ts';

const NOTE = { kind: 'note', title: 'Call', text: 'Booked a check-up.', phone: '+493066610000' } as const;
const CONTACT = { kind: 'contact', name: 'Laura Becker', phone: '+493066610001' } as const;
const options = { signal: new AbortController().signal };
const folder = temporaryFolder();
const server = await testTryton(folder.path);
let proxy: FaultProxy;
let tryton: TrytonDestination;

beforeAll(async () => {
  await server.start();
  const person = trytonPerson(server);
  await person.ask('model.party.party.create', [{ code: DESK, name: 'The practice' }]);
  await person.close();
  proxy = await createFaultProxy({ host: '127.0.0.1', port: server.port });
  tryton = trytonAt(server, proxy.port);
}, 120_000);
afterAll(async () => {
  await tryton.close();
  await proxy.close();
  await server.kill();
  folder.remove();
});

/** Hits the first call of a method, and the first one of another that comes after it. */
function hit(...faults: readonly (readonly [method: string, kind: RequestFaultKind])[]): void {
  const left = [...faults];
  proxy.direct(({ body }) => {
    const [next] = left;
    if (next === undefined || !body.toString('utf8').includes(`"method":"${next[0]}"`)) return null;
    left.shift();
    return { kind: next[1], delayMs: 0 };
  });
}

test('a note that came twice, after which nobody could look, stands once before it counts as read back', async () => {
  const key = 'v1.demo.twice.1.note';
  hit(['model.ir.note.create', 'arrives_twice'], ['model.ir.note.search_read', 'status_429']);
  expect(await tryton.create(key, NOTE, options)).toMatchObject({ type: 'committed' });
  expect(countIn(server, key, 'note')).toBe(2);
  hit(['model.ir.note.delete', 'status_503']);
  expect(await tryton.readBack(key, NOTE, options)).toEqual({ type: 'unavailable', code: 'destination_unreachable' });
  expect(await tryton.readBack(key, NOTE, options)).toMatchObject({ type: 'found', payload: NOTE, contested: false });
  expect(countIn(server, key, 'note')).toBe(1);
});

test.each([NOTE, CONTACT])('a conflict that something in front of Tryton answers with refuses no $kind', async (payload) => {
  const key = `v1.demo.conflict.1.${payload.kind}`;
  hit([payload.kind === 'note' ? 'model.ir.note.create' : 'model.party.party.create', 'status_409']);
  expect(await tryton.create(key, payload, options)).toEqual({ type: 'retry', code: 'destination_conflict', afterMs: null });
  expect(countIn(server, key, payload.kind)).toBe(0);
  expect(await tryton.create(key, payload, options)).toMatchObject({ type: 'committed' });
  expect(countIn(server, key, payload.kind)).toBe(1);
});
