import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnRedis } from '../../../src/adapters/process/spawn-redis.ts';
import { makeScratchDir, processesOf, removeDir } from './started-server.ts';

let dir = '';

beforeEach(() => {
  dir = makeScratchDir();
});
afterEach(() => removeDir(dir));

test('a server whose parent was killed does not stay behind', async () => {
  const server = await spawnRedis({ dataDir: join(dir, 'redis'), socket: join(dir, 'redis.sock') });
  const { command, args, cwd, env } = server;
  const program = `
    const { spawn } = require('node:child_process');
    spawn(...${JSON.stringify([command, args, { cwd, env, stdio: 'ignore' }])});
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  await server.isReady({ signal: AbortSignal.timeout(10_000) });
  expect(processesOf(dir).length).toBeGreaterThan(0);
  parent.kill('SIGKILL');
  await once(parent, 'close');
  await expect.poll(() => processesOf(dir), { timeout: 5000 }).toEqual([]);
});
