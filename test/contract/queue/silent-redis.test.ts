/**
 * A Redis that takes connections and says nothing: whoever wakes an operation waits for it a quarter of a second and then goes on. Every
 * such wait used to leave its listeners behind for as long as the silence lasted, one pair for each request of a caller.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBullQueue } from '../../../src/adapters/bullmq/bull-queue.ts';
import { asOpId } from '../../../src/base/ids.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const WAKES = 12;
const { signal } = new AbortController();

let folder: ReturnType<typeof temporaryFolder>;
let server: Server;
let socket: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  socket = join(folder.path, 'silent.sock');
  server = createServer((one) => void sockets.push(one));
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const one of sockets.splice(0)) one.destroy();
  await new Promise((resolve) => server.close(resolve));
  folder.remove();
});

test('a Redis that says nothing collects no listeners, however many wait for it', async () => {
  // Every client hangs listeners on itself when it is made: that tells which clients there are.
  const listening = vi.spyOn(Redis.prototype, 'on');
  const queue = createBullQueue({ socket, log: createKeptLogger() });
  const wake = (index: number): Promise<boolean> => queue.wake(asOpId(`op-${index}`), 0, { signal });
  try {
    expect(await wake(0)).toBe(false);
    const [client] = listening.mock.contexts;
    if (!(client instanceof Redis)) throw new Error('the queue has no client');
    const listeners = (): readonly number[] => ['ready', 'close'].map((event) => client.listenerCount(event));
    const afterOne = listeners();
    const wakes = Array.from({ length: WAKES }, (_, index) => wake(index + 1));
    expect(await Promise.all(wakes)).toEqual(wakes.map(() => false));
    expect(listeners()).toEqual(afterOne);
    expect(sockets).toHaveLength(1);
  } finally {
    await queue.close();
  }
});
