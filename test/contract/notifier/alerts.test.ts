import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createAlerts } from '../../../src/app/alerts.ts';
import { makeConfig } from '../../../src/config/config.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { freePort } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startTlsFront } from '../../support/tls-front.ts';

const ALERT = { code: 'said_not_recorded', subject: '01OP in calendar', atEpochMs: Date.UTC(2026, 2, 2) };
const { signal } = new AbortController();
let folder: ReturnType<typeof temporaryFolder>;
let server: Server;
let received: { readonly headers: IncomingHttpHeaders; readonly body: unknown }[];
let port: number;

beforeEach(async () => {
  folder = temporaryFolder();
  writeFileSync(join(folder.path, 'alerts.secret'), 'a shared secret of the receiver\n', { mode: 0o600 });
  received = [];
  port = await freePort();
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(text) as unknown });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  folder.remove();
});

const alertsOf = (alerts: object, log = createKeptLogger()) =>
  createAlerts(makeConfig({ alerts }, { file: null, base: folder.path }), { clock: createSystemClock(), log });

describe('alerts of the configuration', () => {
  test('go to the log alone when nothing is configured', async () => {
    const log = createKeptLogger();
    const alerts = alertsOf({}, log);
    await alerts.notify(ALERT, { signal });
    await alerts.close();
    expect(log.lines).toEqual([{ level: 'error', message: 'alert' }]);
    expect(received).toEqual([]);
  });

  test('go to the receiver of the configuration, signed, with the secret beside config.yaml', async () => {
    const alerts = alertsOf({ webhook: { url: `http://127.0.0.1:${port}/alerts`, secretFile: 'alerts.secret' } });
    await alerts.notify(ALERT, { signal });
    await alerts.close();
    expect(received).toMatchObject([{ body: { version: 1, code: ALERT.code, subject: ALERT.subject } }]);
    expect(Object.keys(received[0]?.headers ?? {}).join(' ')).toContain('signature');
  });

  test('go to a receiver with a certificate of the practice’s own authority', async () => {
    const front = await startTlsFront(port);
    writeFileSync(join(folder.path, 'ca.pem'), front.certificate);
    const alerts = alertsOf({
      webhook: { url: `https://localhost:${front.port}/alerts`, secretFile: 'alerts.secret', caFile: 'ca.pem' },
    });
    await alerts.notify(ALERT, { signal });
    await alerts.close();
    await front.close();
    expect(received).toHaveLength(1);
  });

  test('a key of it that is wrong is named', () => {
    expect(() => alertsOf({ webhook: { url: 'nowhere' }, mail: { to: 'me' } })).toThrow(/alerts\.webhook\.url[^]*alerts\.mail\.to/);
  });
});
