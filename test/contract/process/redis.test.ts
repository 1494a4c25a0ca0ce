import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RedisInstance, checkRedisPolicy, spawnRedis } from '../../../src/adapters/process/spawn-redis.ts';
import { makeScratchDir, processesOf, removeDir, startReady, stopAll } from './started-server.ts';

let dir = '';
let instance: RedisInstance = { dataDir: '', socket: '' };

beforeEach(() => {
  dir = makeScratchDir();
  instance = { dataDir: join(dir, 'redis'), socket: join(dir, 'redis.sock') };
});
afterEach(() => removeDir(dir));
afterAll(stopAll);

const soon = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(5000) });

describe('a private Redis', () => {
  test('keeps every job: append-only, never evicting, on a socket of its owner alone', async () => {
    const started = await startReady(await spawnRedis(instance));
    await checkRedisPolicy(instance.socket, soon());
    expect(statSync(instance.socket).mode & 0o077).toBe(0);
    expect(readFileSync(join(instance.dataDir, 'redis.conf'), 'utf8')).toContain('port 0');
    expect(await started.stop()).toBe(0);
    expect(processesOf(dir)).toEqual([]);
  });

  test('starts again after it was killed, on the socket it left behind', async () => {
    const first = await startReady(await spawnRedis(instance));
    await first.kill();
    const second = await startReady(await spawnRedis(instance));
    expect(await second.stop()).toBe(0);
  });

  test('is not started twice on one socket', async () => {
    const started = await startReady(await spawnRedis(instance));
    await expect(spawnRedis(instance)).rejects.toMatchObject({ code: 'port_taken' });
    expect(await started.stop()).toBe(0);
  });

  test.each([
    ['maxmemory-policy noeviction', 'maxmemory-policy allkeys-lru'],
    ['appendonly yes', 'appendonly no'],
  ])('is refused when %s is replaced by %s', async (right, wrong) => {
    const server = await spawnRedis(instance);
    const conf = join(instance.dataDir, 'redis.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace(right, wrong));
    await expect(startReady(server)).rejects.toMatchObject({ code: 'redis_policy_wrong' });
    expect(processesOf(dir)).toEqual([]);
  });

  test('says that it is not there, also when something else answers', async () => {
    await expect(checkRedisPolicy(instance.socket, soon())).rejects.toMatchObject({ code: 'redis_unavailable' });
    const stranger = createServer((socket) => socket.end('hello\r\n')).listen(instance.socket);
    await once(stranger, 'listening');
    await expect(checkRedisPolicy(instance.socket, soon())).rejects.toMatchObject({ code: 'redis_unavailable' });
    stranger.close();
  });

  test('refuses a socket path that the kernel would cut off', async () => {
    const long = join(dir, 'x'.repeat(120), 'redis.sock');
    await expect(spawnRedis({ ...instance, socket: long })).rejects.toMatchObject({ code: 'config_invalid' });
  });
});
