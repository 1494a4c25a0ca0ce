import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { pollUntil } from '../../../src/adapters/process/poll.ts';
import { eventually } from '../../support/eventually.ts';
import { ledgerKeyFile, openRealLedger } from '../../support/real-ledger.ts';
import { PROJECT_DIR } from '../process/started-server.ts';
import { createHouse, type House } from './house.ts';

let house: House;
const closers: (() => void)[] = [];

beforeEach(async () => {
  house = await createHouse();
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await house.close();
});

async function takeTcp(port: number): Promise<void> {
  const server: Server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
}

async function takeUdp(port: number): Promise<void> {
  const socket: Socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
}

describe('a port that another program has', () => {
  test.each([
    ['sip.port', (): Promise<void> => takeUdp(house.ports.sip)],
    ['ari.port', (): Promise<void> => takeTcp(house.ports.ari)],
    ['calendar.port', (): Promise<void> => takeTcp(house.ports.calendar)],
  ])('stops `vestibule run` with port_taken, naming %s', async (key, take) => {
    await take();
    const { exitCode, output } = await house.run().ended;
    expect(output).toMatch(/^port_taken: /m);
    expect(output).toContain(`\`${key}\``);
    expect(exitCode).toBe(3);
  });
});

describe('a model file that is not what the manifest says', () => {
  test('stops `vestibule run`, naming the process, the file and the checksum', async () => {
    const bad = house.corrupt('act');
    const { exitCode, output } = await house.run().ended;
    expect(output).toMatch(/^process_failed: language ended while starting/m);
    expect(output).toContain(`model_corrupt: ${bad} has sha256`);
    expect(exitCode).toBe(3);
  });

  test.each([
    ['voice', 'voice'],
    ['recogniser', 'recogniser'],
    ['media', 'vad'],
  ] as const)('stops the %s process alone', async (name, role) => {
    const bad = house.corrupt(role);
    const { exitCode, output } = await house.process(name).ended;
    expect(output).toMatch(/^model_corrupt: /m);
    expect(output).toContain(bad);
    expect(exitCode).toBe(3);
  });
});

describe('an ARI password that Asterisk does not know', () => {
  test('stops the daemon with ari_unauthorized', async () => {
    const asterisk = house.node([join(PROJECT_DIR, 'scripts', 'run-server.ts'), 'asterisk']);
    const info = `http://127.0.0.1:${house.ports.ari}/ari/asterisk/info`;
    await pollUntil(
      () =>
        fetch(info).then(
          ({ status }) => (status === 401 ? true : null),
          () => null,
        ),
      AbortSignal.timeout(15_000),
    );
    // The daemon looks for the media process first; nobody calls in this test.
    mkdirSync(join(house.data, 'run'), { recursive: true });
    const media = createServer().listen(join(house.data, 'run', 'media.sock'));
    closers.push(() => media.close());
    media.on('connection', (socket) => closers.push(() => socket.destroy()));
    await once(media, 'listening');
    writeFileSync(join(house.data, 'keys', 'ari.password'), 'not-the-one\n', { mode: 0o600 });
    const { exitCode, output } = await house.process('daemon').ended;
    expect(output).toMatch(/^ari_unauthorized: /m);
    expect(output).not.toContain('not-the-one');
    expect(exitCode).toBe(3);
    await asterisk.stop();
  });
});

describe('a Redis that may forget jobs', () => {
  test('stops the worker with redis_policy_wrong, naming what is set', async () => {
    const socket = join(house.dir, 'r.sock');
    house.configure({ redis: { managed: false, socket } });
    mkdirSync(join(house.data, 'keys'), { recursive: true });
    writeFileSync(join(house.data, 'keys', 'calendar.password'), 'secret\n');
    const conf = join(house.dir, 'redis.conf');
    writeFileSync(conf, `port 0\nunixsocket ${socket}\ndir ${house.dir}\nmaxmemory 64mb\nmaxmemory-policy allkeys-lru\nappendonly yes\n`);
    const redis = house.node(['-e', "process.execve('/usr/bin/redis-server', ['redis-server', process.argv[1]], {})", conf]);
    await eventually('Redis listens', () => redis.output().includes('eady to accept connections'), 10_000);
    const { exitCode, output } = await house.process('worker').ended;
    expect(output).toMatch(/^redis_policy_wrong: .*allkeys-lru/m);
    expect(exitCode).toBe(3);
  });
});

describe('a secret that cannot be read', () => {
  test('stops `vestibule run` when it is the ARI password', async () => {
    mkdirSync(join(house.data, 'keys', 'ari.password'), { recursive: true });
    const { exitCode, output } = await house.run().ended;
    expect(output).toMatch(/^secret_unreadable: .*ari\.password/m);
    expect(exitCode).toBe(4);
  });

  test('stops the worker when it is the calendar password', async () => {
    const { exitCode, output } = await house.process('worker').ended;
    expect(output).toMatch(/^secret_unreadable: .*calendar\.password/m);
    expect(exitCode).toBe(4);
  });

  test.each(['worker', 'daemon'] as const)('stops the %s when it is the key of the ledger', async (name) => {
    mkdirSync(join(house.data, 'keys'), { recursive: true });
    for (const secret of ['calendar.password', 'ari.password']) writeFileSync(join(house.data, 'keys', secret), 'secret\n');
    writeFileSync(join(house.data, 'keys', 'kek.bin'), 'short');
    const { exitCode, output } = await house.process(name).ended;
    expect(output).toMatch(/^secret_unreadable: .*kek\.bin/m);
    expect(exitCode).toBe(4);
  });
});

describe('a key that was lost', () => {
  test.each(['worker', 'daemon'] as const)('stops the %s with keys_lost, and is not made anew beside what it sealed', async (name) => {
    openRealLedger(house.data, createSystemClock()).ledger.close();
    for (const secret of ['calendar.password', 'ari.password']) writeFileSync(join(house.data, 'keys', secret), 'secret\n');
    rmSync(ledgerKeyFile(house.data));
    const { exitCode, output } = await house.process(name).ended;
    expect(output).toMatch(/^keys_lost: .*kek\.bin/m);
    expect(exitCode).toBe(3);
    expect(existsSync(ledgerKeyFile(house.data))).toBe(false);
  });
});

describe('a ledger that has no place', () => {
  const withSecrets = (): void => {
    mkdirSync(join(house.data, 'keys'), { recursive: true });
    for (const secret of ['calendar.password', 'ari.password']) writeFileSync(join(house.data, 'keys', secret), 'secret\n');
  };

  test.each(['worker', 'daemon'] as const)('stops the %s with ledger_unavailable when its folder is none', async (name) => {
    withSecrets();
    writeFileSync(join(house.data, 'ledger'), 'not a folder');
    const { exitCode, output } = await house.process(name).ended;
    expect(output).toMatch(/^ledger_unavailable: /m);
    expect(exitCode).toBe(3);
  });

  test.each([16_384, 65_536])('stops the worker with disk_full when the disk is, at %i bytes', async (bytes) => {
    withSecrets();
    const ledger = join(house.data, 'ledger');
    mkdirSync(ledger);
    const smallDisk = ['/usr/bin/bwrap', '--dev-bind', '/', '/', '--die-with-parent', '--size', String(bytes), '--tmpfs', ledger];
    const { exitCode, output } = await house.process('worker', smallDisk).ended;
    expect(output).toMatch(/^disk_full: /m);
    expect(exitCode).toBe(3);
  });
});
