/**
 * A request whose TLS handshake failed, or that was aborted while its connection was being opened, counted as sent: only a list of causes
 * counted as not sent, and no cause of TLS was on it. A write was left open (`unknown`) of which not a byte had gone out.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createHttpsServer } from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { failedWrite } from '../../../src/adapters/destinations/http/classify.ts';
import { createHttpClient, type HttpClient, type HttpResult } from '../../../src/adapters/destinations/http/http-client.ts';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import { AppError } from '../../../src/base/app-error.ts';
import { freePort } from '../../support/servers.ts';
import { selfSigned } from '../../support/self-signed.ts';

const clock = createSystemClock();
const { key, cert } = selfSigned();
const RETRY = { type: 'retry', code: 'destination_unreachable', afterMs: null };

let seen: string[];
let servers: Server[];
let clients: HttpClient[];

beforeEach(() => {
  [seen, servers, clients] = [[], [], []];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const overTls = (): HttpServer =>
  createHttpsServer({ key, cert }, (request, response) => {
    seen.push(request.method ?? '');
    response.writeHead(204, { connection: 'close' }).end();
  });

function write(url: string, { ca, signal = AbortSignal.timeout(5000) }: { ca?: () => string; signal?: AbortSignal } = {}) {
  const client = createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock, ca });
  clients.push(client);
  return client.send({ method: 'POST', url: new URL(url), body: '{}', signal });
}

const outcomeOf = (result: HttpResult): unknown => (result.type === 'failed' ? failedWrite(result) : result.answer.status);

describe('a write is tried again, for nothing of it was sent,', () => {
  test('when the certificate of the server is not trusted', async () => {
    const result = await write(`https://localhost:${await portOf(overTls())}/`);
    expect(result).toMatchObject({ sent: false, cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(outcomeOf(result)).toEqual(RETRY);
    expect(seen).toEqual([]);
  });

  test('when the certificate is trusted, and names another server', async () => {
    const result = await write(`https://127.0.0.1:${await portOf(overTls())}/`, { ca: () => cert });
    expect(result).toMatchObject({ sent: false, cause: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(seen).toEqual([]);
  });

  test.each([
    ['says goodbye', (socket: Socket) => socket.end()],
    ['breaks off', (socket: Socket) => socket.resetAndDestroy()],
    ['speaks something else', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('when the server %s during the handshake', async (_what, answer) => {
    const port = await portOf(createServer((socket) => socket.on('error', () => undefined).once('data', () => answer(socket))));
    expect(outcomeOf(await write(`https://localhost:${port}/`))).toEqual(RETRY);
  });

  test('when nothing listens', async () => {
    expect(outcomeOf(await write(`https://127.0.0.1:${await freePort()}/`))).toEqual(RETRY);
  });

  test('when it was aborted while the handshake goes on', async () => {
    const abort = new AbortController();
    const behind = await portOf(overTls());
    const front = createServer((socket) =>
      socket.once('data', (hello) => {
        abort.abort(new AppError('cancelled', 'the worker stops'));
        const onward = connect(behind, '127.0.0.1');
        onward.write(hello);
        socket.pipe(onward).pipe(socket);
      }),
    );
    expect(outcomeOf(await write(`https://localhost:${await portOf(front)}/`, { ca: () => cert, signal: abort.signal }))).toEqual(RETRY);
    expect(seen).toEqual([]);
  });

  test('when the certificates that it would trust cannot be read, and says that', async () => {
    const ca = (): never => {
      throw new AppError('secret_unreadable', 'ca.pem cannot be read');
    };
    const result = await write(`https://localhost:${await portOf(overTls())}/`, { ca });
    expect(outcomeOf(result)).toEqual({ ...RETRY, code: 'secret_unreadable' });
  });
});

describe('a write is left open, for it was sent,', () => {
  test('when the server breaks off once it has it', async () => {
    const port = await portOf(
      createHttpServer((request) => {
        seen.push(request.method ?? '');
        request.socket.destroy();
      }),
    );
    expect(outcomeOf(await write(`http://127.0.0.1:${port}/`))).toEqual({ type: 'unknown', code: 'destination_unreachable' });
    expect(seen).toEqual(['POST']);
  });

  test('when it is aborted while the server has it', async () => {
    const abort = new AbortController();
    const port = await portOf(createHttpServer(() => abort.abort()));
    expect(outcomeOf(await write(`http://127.0.0.1:${port}/`, { signal: abort.signal }))).toMatchObject({ type: 'unknown' });
  });
});

test('certificates are read for every connection: those that were exchanged are trusted, and the ones before are not', async () => {
  let trusted = selfSigned().cert;
  const client = createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock, ca: () => trusted });
  clients.push(client);
  const url = new URL(`https://localhost:${await portOf(overTls())}/`);
  const send = () => client.send({ method: 'GET', url, signal: AbortSignal.timeout(5000) });
  const other = trusted;
  expect(await send()).toMatchObject({ type: 'failed', sent: false });
  trusted = cert;
  expect(await send()).toMatchObject({ type: 'answered' });
  trusted = other;
  expect(await send()).toMatchObject({ type: 'failed', sent: false });
});
