import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startMailServer } from '../../support/stand-ins/smtp/mail-server.ts';
import { freePort } from '../../support/servers.ts';
import { install, type Installation } from './vestibule.ts';

let home: Installation;

beforeEach(() => {
  home = install();
  writeFileSync(join(home.folder, 'calendar.password'), 'secret\n', { mode: 0o600 });
});
afterEach(() => home.remove());

const calendarAt = (url: string): object => ({ calendar: { managed: false, url, passwordFile: 'calendar.password' } });
const checked = async (id: string): Promise<unknown> => (await home.json('destinations', 'check', id)).value;

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

describe('destinations check names what stands in the way', () => {
  test('of a calendar at whose address nothing listens, or whose name is not known', { timeout: 60_000 }, async () => {
    for (const [url, obstacle] of [
      [`http://127.0.0.1:${await freePort()}/`, 'nothing listens at its address (ECONNREFUSED)'],
      ['http://calendar.invalid/', 'its name cannot be resolved'],
    ] as const) {
      home.configure(calendarAt(url));
      expect(await checked('calendar')).toMatchObject([{ code: 'destination_unreachable', detail: expect.stringContaining(obstacle) }]);
    }
  });

  test('of an address at which something else listens', { timeout: 60_000 }, async () => {
    const other = createServer((socket) => socket.end('SSH-2.0-other\r\n'));
    home.configure(calendarAt(`http://127.0.0.1:${await listening(other)}/`));
    expect(await checked('calendar')).toMatchObject([{ detail: expect.stringContaining('it does not speak HTTP') }]);
    other.close();
  });

  test('of a mail server whose certificate nobody vouches for', { timeout: 60_000 }, async () => {
    const server = await startMailServer({ security: 'tls' });
    const sender = { fromName: 'Practice', fromAddress: 'desk@practice.example' };
    home.configure({ destinations: [{ id: 'post', type: 'mail', host: 'localhost', port: server.port, security: 'tls', ...sender }] });
    expect(await checked('post')).toMatchObject([
      { code: 'destination_unreachable', detail: expect.stringContaining('self-signed certificate') },
    ]);
    await server.close();
  });

  test('of the calendar that the product runs itself: the product does not run', { timeout: 60_000 }, async () => {
    expect(await checked('calendar')).toMatchObject([{ state: 'bad', code: 'worker_not_running' }]);
  });
});
