import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freeTcpPort } from '../../../src/adapters/process/free-port.ts';
import { type RadicaleInstance, spawnRadicale } from '../../../src/adapters/process/spawn-radicale.ts';
import { makeScratchDir, processesOf, removeDir, startReady, stopAll } from './started-server.ts';

const EVENT = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Vestibule//test//EN',
  'BEGIN:VEVENT',
  'UID:one',
  'DTSTAMP:20260105T080000Z',
  'DTSTART:20260105T090000Z',
  'DTEND:20260105T093000Z',
  'SUMMARY:Check-up',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

let dir = '';
let instance: RadicaleInstance = { dataDir: '', port: 0, user: '', passwordFile: '', calendar: '' };

beforeEach(async () => {
  dir = makeScratchDir();
  instance = {
    dataDir: join(dir, 'radicale'),
    port: await freeTcpPort(),
    user: 'practice',
    passwordFile: join(dir, 'keys', 'calendar.password'),
    calendar: 'appointments',
  };
});
afterEach(() => removeDir(dir));
afterAll(stopAll);

async function ask(method: string, options: { readonly password?: string; readonly body?: string } = {}): Promise<number> {
  const password = options.password ?? readFileSync(instance.passwordFile, 'utf8').trim();
  const answer = await fetch(`http://127.0.0.1:${instance.port}/practice/appointments/one.ics`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`practice:${password}`).toString('base64')}`,
      'content-type': 'text/calendar',
    },
    ...(options.body === undefined ? {} : { body: options.body }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

describe('a private calendar server', () => {
  test('has the calendar when it is ready, knows one user, and keeps entries over a restart', async () => {
    const first = await startReady(await spawnRadicale(instance));
    expect(await ask('PUT', { body: EVENT })).toBe(201);
    expect(await ask('GET', { password: 'wrong' })).toBe(401);
    await first.stop();
    expect(processesOf(dir)).toEqual([]);

    const second = await startReady(await spawnRadicale(instance));
    expect(await ask('GET')).toBe(200);
    await second.stop();
  });

  test('says that its password is refused', async () => {
    const server = await spawnRadicale(instance);
    writeFileSync(join(instance.dataDir, 'users'), 'practice:another\n');
    await expect(startReady(server)).rejects.toMatchObject({ code: 'destination_unauthorized' });
  });

  test('names the port that is taken and the key that changes it', async () => {
    const web = createServer().listen(instance.port, '127.0.0.1');
    await once(web, 'listening');
    await expect(spawnRadicale(instance)).rejects.toMatchObject({
      code: 'port_taken',
      details: { port: instance.port, key: 'calendar.port' },
    });
    web.close();
  });
});
