import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createBullQueue } from '../../../src/adapters/bullmq/bull-queue.ts';
import { asOpId, type OpId } from '../../../src/base/ids.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import { createFakeQueue } from '../../support/fake-queue.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { testRedis, type TestServer } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let redis: TestServer & { readonly socket: string };
let stop = new AbortController();
let queues: Queue[] = [];

beforeAll(async () => {
  redis = testRedis(folder.path);
  await redis.start();
}, 30_000);
afterEach(async () => {
  stop.abort();
  await Promise.all(queues.map((queue) => queue.close()));
  queues = [];
  stop = new AbortController();
});
afterAll(async () => {
  await redis.kill();
  folder.remove();
});

const keep = (queue: Queue): Queue => {
  queues.push(queue);
  return queue;
};
const real = (): Queue => keep(createBullQueue({ socket: redis.socket, log: createKeptLogger() }));
const signal = new AbortController().signal;

/** Collects wake-ups until the test ends. */
function consuming(queue: Queue, onWake: (op: OpId) => Promise<void> = async () => undefined): OpId[] {
  const woken: OpId[] = [];
  void queue.consume(
    async (op) => {
      woken.push(op);
      await onWake(op);
    },
    { signal: stop.signal },
  );
  return woken;
}

const wakeSoon = (queue: Queue, op: OpId, epoch: number): Promise<void> =>
  expect.poll(() => queue.wake(op, epoch, { signal }), { timeout: 5000 }).toBe(true);

describe.each([
  ['fake', () => keep(createFakeQueue())],
  ['BullMQ on Redis', real],
])('queue (%s)', (name, open) => {
  test('a wake-up reaches the consumer, also one from before it listened', async () => {
    const queue = open();
    const [early, late] = [asOpId(`early-${name.slice(0, 4)}`), asOpId(`late-${name.slice(0, 4)}`)];
    await wakeSoon(queue, early, 0);
    const woken = consuming(queue);
    await wakeSoon(queue, late, 0);
    await expect.poll(() => woken, { timeout: 5000 }).toEqual(expect.arrayContaining([early, late]));
  });

  test('a delivery that failed can be made again under the same and under a later epoch', async () => {
    const queue = open();
    const op = asOpId(`again-${name.slice(0, 4)}`);
    const woken = consuming(queue, () => Promise.reject(new Error('the handler failed')));
    await wakeSoon(queue, op, 1);
    await expect.poll(() => woken.length, { timeout: 5000 }).toBe(1);
    await expect.poll(async () => (await queue.wake(op, 1, { signal })) && woken.length >= 2, { timeout: 5000 }).toBe(true);
    await wakeSoon(queue, op, 2);
    await expect.poll(() => woken.length, { timeout: 5000 }).toBeGreaterThanOrEqual(3);
  });

  test('consume ends when its signal fires', async () => {
    const queue = open();
    const ended = queue.consume(async () => undefined, { signal: stop.signal });
    stop.abort();
    await expect(ended).resolves.toBeUndefined();
  });
});

describe('queue on Redis', () => {
  test('wake says false at once while Redis is away, and works again after it is back, for producer and consumer', async () => {
    const queue = real();
    const woken = consuming(queue);
    await wakeSoon(queue, asOpId('before'), 0);
    await expect.poll(() => woken, { timeout: 5000 }).toEqual(['before']);
    await redis.kill();
    const from = performance.now();
    expect(await queue.wake(asOpId('meanwhile'), 0, { signal })).toBe(false);
    expect(performance.now() - from).toBeLessThan(1500);
    await redis.start();
    await wakeSoon(queue, asOpId('after'), 0);
    await expect.poll(() => woken, { timeout: 10_000 }).toEqual(['before', 'after']);
  });

  test('closes while Redis is away', async () => {
    const queue = real();
    const woken = consuming(queue);
    await wakeSoon(queue, asOpId('last'), 0);
    await expect.poll(() => woken, { timeout: 5000 }).toEqual(['last']);
    await redis.kill();
    try {
      stop.abort();
      await expect(queue.close()).resolves.toBeUndefined();
    } finally {
      await redis.start();
    }
  });

  test('keeps nothing of a finished job, and never anything but the id of the operation', async () => {
    const queue = real();
    const woken = consuming(queue);
    await wakeSoon(queue, asOpId('op-canary'), 3);
    await expect.poll(() => woken, { timeout: 5000 }).toEqual(['op-canary']);
    const client = new Redis({ path: redis.socket });
    try {
      await expect.poll(async () => (await client.keys('bull:write-back:op-*')).length, { timeout: 5000 }).toBe(0);
    } finally {
      client.disconnect();
    }
    const dir = join(folder.path, 'redis');
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('');
    expect(written).toContain('op-canary');
    const data = [...written.matchAll(/\{"[^}]*\}/g)].map(([text]) => text).filter((text) => text.includes('"op"'));
    for (const text of data) expect(Object.keys(JSON.parse(text) as object)).toEqual(['op']);
  });
});
