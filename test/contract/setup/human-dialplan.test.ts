import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freeUdpPort } from '../../../src/adapters/process/free-port.ts';
import { type AsteriskInstance, spawnAsterisk } from '../../../src/adapters/process/spawn-asterisk.ts';
import { asteriskInstance } from '../process/asterisk-instance.ts';
import { type Started, asteriskCommand, makeScratchDir, removeDir, startReady, stopAll } from '../process/started-server.ts';

let dir = '';
let instance: AsteriskInstance;
let asterisk: Started;
let phone: ChildProcess | null = null;

beforeEach(async () => {
  dir = makeScratchDir();
  instance = await asteriskInstance(dir, 30_100);
  asterisk = await startReady(await spawnAsterisk(instance));
});
afterEach(async () => {
  if (phone !== null) {
    phone.kill('SIGKILL');
    await once(phone, 'close');
    phone = null;
  }
  await asterisk.stop();
  removeDir(dir);
});
afterAll(stopAll);

/** A caller from another phone on this machine, who stays on the line for 20 s. */
async function call(): Promise<void> {
  const port = await freeUdpPort();
  const caller = ['-sn', 'uac', '-s', '+493012345', '-i', '127.0.0.1', '-p', String(port), '-m', '1', '-d', '20000', '-nostdin'];
  phone = spawn('sipp', [`127.0.0.1:${instance.sipPort}`, ...caller], { cwd: dir, stdio: 'ignore' });
}

/** Context and application of the caller's channel, such as `human Playback`. */
function whereabouts(): string {
  const [line] = asteriskCommand(instance.instanceDir, 'core show channels concise').split('\n');
  const fields = (line ?? '').split('!');
  return `${fields[1] ?? ''} ${fields[5] ?? ''}`;
}

/** A daemon that is connected and does nothing, as one that hangs. */
async function connectFrozenDaemon(): Promise<WebSocket> {
  const password = readFileSync(instance.ariPasswordFile, 'utf8').trim();
  const socket = new WebSocket(`ws://127.0.0.1:${instance.httpPort}/ari/events?app=vestibule`, {
    headers: { authorization: `Basic ${Buffer.from(`vestibule:${password}`).toString('base64')}` },
  });
  await once(socket, 'open');
  return socket;
}

describe('a caller is never left with dead air', () => {
  test('no daemon: Asterisk itself answers and asks for a message', async () => {
    await call();
    await expect.poll(whereabouts, { timeout: 5000, interval: 100 }).toBe('human Playback');
  });

  test('a daemon that hangs: Asterisk takes the call back by itself within eight seconds', async () => {
    const daemon = await connectFrozenDaemon();
    await call();
    await once(daemon, 'message');
    const heldFrom = performance.now();
    expect(whereabouts()).toBe('from-trunk Stasis');
    await expect.poll(whereabouts, { timeout: 12_000, interval: 100 }).toBe('human Playback');
    expect(performance.now() - heldFrom).toBeLessThan(8000);
    daemon.terminate();
  });
});
