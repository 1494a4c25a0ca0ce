import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AsteriskInstance, spawnAsterisk } from '../../../src/adapters/process/spawn-asterisk.ts';
import { asteriskInstance } from './asterisk-instance.ts';
import {
  asteriskCommand,
  makeScratchDir,
  mountsOf,
  processesOf,
  readIfThere,
  removeDir,
  start,
  startReady,
  stopAll,
} from './started-server.ts';

let dir = '';

beforeEach(() => {
  dir = makeScratchDir();
});
afterEach(() => removeDir(dir));
afterAll(stopAll);

const instanceIn = (folder: string): Promise<AsteriskInstance> => asteriskInstance(folder, 30_000);

async function infoStatus(instance: AsteriskInstance, password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${instance.ariUser}:${password}`).toString('base64')}`;
  const answer = await fetch(`http://127.0.0.1:${instance.httpPort}/ari/asterisk/info`, { headers: { authorization } });
  await answer.arrayBuffer();
  return answer.status;
}

describe('a private Asterisk', () => {
  test('becomes ready without a complaint, answers only its own ARI user, and leaves nothing behind', async () => {
    const instance = await instanceIn(dir);
    const started = await startReady(await spawnAsterisk(instance));
    const password = readFileSync(instance.ariPasswordFile, 'utf8').trim();
    expect(await infoStatus(instance, password)).toBe(200);
    expect(await infoStatus(instance, 'wrong')).toBe(401);
    expect(statSync(join(instance.instanceDir, 'etc', 'ari.conf')).mode & 0o077).toBe(0);
    expect(statSync(instance.ariPasswordFile).mode & 0o077).toBe(0);

    const complaints = readIfThere(join(instance.instanceDir, 'log', 'messages'))
      .split('\n')
      .filter((line) => /ERROR|WARNING/.test(line));
    expect(complaints).toEqual([]);

    expect(await started.stop()).toBe(0);
    expect(processesOf(dir)).toEqual([]);
    expect(mountsOf(dir)).toEqual([]);
  });

  test('arms the dead-man switch before a call reaches the daemon, and knows the demo trunk and the front desk', async () => {
    const instance = await instanceIn(dir);
    const started = await startReady(await spawnAsterisk(instance));
    const dialplan = asteriskCommand(instance.instanceDir, 'dialplan show from-trunk');
    expect(dialplan.indexOf('TIMEOUT(absolute)=7')).toBeGreaterThan(0);
    expect(dialplan.indexOf('TIMEOUT(absolute)=7')).toBeLessThan(dialplan.indexOf('Stasis(vestibule'));
    expect(dialplan).toMatch(/'T' =>\s+1\. Goto\(human,s,1\)/);
    const endpoints = asteriskCommand(instance.instanceDir, 'pjsip show endpoints');
    expect(endpoints).toContain('trunk-demo');
    expect(endpoints).toContain('127.0.0.0/8');
    expect(endpoints).toContain('frontdesk');
    expect(endpoints).not.toContain('anonymous');
    expect(await started.stop()).toBe(0);
  });

  test('runs beside another instance', async () => {
    const other = makeScratchDir();
    try {
      const [one, two] = [await instanceIn(dir), await instanceIn(other)];
      const first = await startReady(await spawnAsterisk(one));
      const second = await startReady(await spawnAsterisk(two));
      expect(await infoStatus(one, readFileSync(one.ariPasswordFile, 'utf8').trim())).toBe(200);
      expect(await infoStatus(two, readFileSync(two.ariPasswordFile, 'utf8').trim())).toBe(200);
      expect([await first.stop(), await second.stop()]).toEqual([0, 0]);
    } finally {
      removeDir(other);
    }
  });

  test('is gone with its parent, even when that is killed, and starts again in the same place', async () => {
    const instance = await instanceIn(dir);
    const first = await startReady(await spawnAsterisk(instance));
    await first.kill();
    await expect.poll(() => processesOf(dir), { timeout: 5000 }).toEqual([]);
    const second = await startReady(await spawnAsterisk(instance));
    expect(await second.stop()).toBe(0);
  });

  test('says that the ARI password is wrong', async () => {
    const instance = await instanceIn(dir);
    const server = await spawnAsterisk(instance);
    const conf = join(instance.instanceDir, 'etc', 'ari.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace(/^password = .*$/m, 'password = another'));
    await expect(startReady(server)).rejects.toMatchObject({ code: 'ari_unauthorized' });
    expect(processesOf(dir)).toEqual([]);
  });

  test('an Asterisk below the minimum is refused with both versions', async () => {
    const instance = await instanceIn(dir);
    const server = await spawnAsterisk(instance);
    const old = createServer((_request, response) => response.end('{"system":{"version":"20.6.0~dfsg"}}'));
    old.listen(instance.httpPort, '127.0.0.1');
    await once(old, 'listening');
    try {
      const refusal = server.isReady({ signal: AbortSignal.timeout(5000) });
      await expect(refusal).rejects.toMatchObject({ code: 'asterisk_too_old', details: { version: '20.6.0~dfsg' } });
    } finally {
      old.closeAllConnections();
      old.close();
    }
  });

  test('names the port that is taken and the key that changes it', async () => {
    const instance = await instanceIn(dir);
    const phone = createSocket('udp4').bind(instance.sipPort, '127.0.0.1');
    await once(phone, 'listening');
    await expect(spawnAsterisk(instance)).rejects.toMatchObject({
      code: 'port_taken',
      details: { port: instance.sipPort, protocol: 'udp', key: 'sip.port' },
    });
    phone.close();

    const web = createServer().listen(instance.httpPort, '127.0.0.1');
    await once(web, 'listening');
    await expect(spawnAsterisk(instance)).rejects.toMatchObject({ code: 'port_taken', details: { key: 'ari.port' } });
    web.close();
  });

  test('stops waiting when it is told to', async () => {
    const server = await spawnAsterisk(await instanceIn(dir));
    await expect(server.isReady({ signal: AbortSignal.timeout(100) })).rejects.toThrow();
  });

  test('ends by itself when it can never work', async () => {
    const instance = await instanceIn(dir);
    const server = await spawnAsterisk(instance);
    writeFileSync(join(instance.instanceDir, 'etc', 'modules.conf'), '[modules]\nautoload = no\nrequire = no_such_module.so\n');
    const started = start(server);
    await expect.poll(() => processesOf(dir), { timeout: 10_000 }).toEqual([]);
    expect(await started.stop()).not.toBe(0);
  });
});
