/**
 * A worker that was frozen while its next write waited for a connection sent it before it learned that its lease was another's: the
 * caller's time was taken twice. Found by the fault harness (caldav, seed 42016).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSystemClock } from '../../../../../src/adapters/clock/system-clock.ts';
import { createHttpClient, LOOK_AGE_MS_MAX, type HttpResult } from '../../../../../src/adapters/destinations/http/http-client.ts';
import { LEASE_MS, RENEW_MS } from '../../../../../src/runtime/write-back/run-op.ts';
import { createTokenBucket, UNLIMITED } from '../../../../../src/adapters/destinations/http/token-bucket.ts';

const FROZEN_MS = 5000;

let arrived: string[];
let server: ReturnType<typeof createServer>;
let url: URL;

beforeEach(async () => {
  arrived = [];
  server = createServer((incoming, answer) => {
    arrived.push(incoming.method ?? '');
    answer.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
afterEach(() => void server.close());

/** Sends in a process that is frozen right before the departure, so many times; `lost` is what a timer that is overdue by then fires. */
async function sendFrozen(method: string, { freezes, isLost = false }: { freezes: number; isLost?: boolean }): Promise<HttpResult> {
  const system = createSystemClock();
  const lost = new AbortController();
  let looks = 0;
  let frozenMs = 0;
  const monotonicMs = (): number => {
    looks += 1;
    // Every second look is that at the departure.
    if (looks % 2 === 0 && looks / 2 <= freezes) {
      frozenMs += FROZEN_MS;
      // Waits for nothing: it is due when the process goes on, as the renewal of a lease is.
      if (isLost) setTimeout(() => lost.abort(), 0);
    }
    return system.monotonicMs() + frozenMs;
  };
  const http = createHttpClient({ bucket: createTokenBucket(UNLIMITED, system), clock: { ...system, monotonicMs } });
  try {
    return await http.send({ method, url, ...(method === 'GET' ? {} : { body: 'x' }), signal: lost.signal });
  } finally {
    await http.close();
  }
}

test('a write whose process was frozen before its departure does not leave when its lease is lost by then', async () => {
  expect(await sendFrozen('PUT', { freezes: 1, isLost: true })).toMatchObject({ type: 'failed', sent: false });
  expect(arrived).toEqual([]);
});

test('a write whose process was frozen before its departure leaves once nothing speaks against it, over the same connection', async () => {
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  expect(await sendFrozen('PUT', { freezes: 2 })).toMatchObject({ type: 'answered' });
  expect(arrived).toEqual(['PUT']);
  expect(connections).toBe(1);
});

test('a write that is held up again and again is given up as one that has not left', async () => {
  expect(await sendFrozen('PUT', { freezes: 10 })).toMatchObject({ type: 'failed', sent: false });
  expect(arrived).toEqual([]);
});

test('what leaves after a look leaves while the lease lasts', () => {
  expect(LOOK_AGE_MS_MAX).toBeLessThan(LEASE_MS - RENEW_MS);
});

test('a question is asked however late it is', async () => {
  expect(await sendFrozen('GET', { freezes: 10 })).toMatchObject({ type: 'answered' });
});
