import { createServer, type Server } from 'node:http';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createFaultProxy, type FaultProxy } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import type { RequestFaultKind } from '../../../src/adapters/fault-proxy/misbehave.ts';
import type { Fault, FaultKind } from '../../../src/domain/scenario/scenario.ts';

type DestinationFault = Extract<Fault, { readonly type: 'destination' }>;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that counts what it has carried out, behind a proxy. */
async function setUp(): Promise<{
  readonly proxy: FaultProxy;
  readonly carriedOut: () => readonly string[];
  put(timeoutMs?: number): Promise<{ status: number; type: string; tookMs: number }>;
  get(): Promise<number>;
}> {
  const seen: string[] = [];
  const server: Server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => {
      seen.push(incoming.method ?? '');
      response.writeHead(201, { etag: '"1"' });
      response.end('done');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const proxy = await createFaultProxy({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 });
  closing.push(async () => {
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });
  const ask = async (method: 'PUT' | 'GET', timeoutMs: number): Promise<{ status: number; type: string; tookMs: number }> => {
    const begunMs = performance.now();
    const answer = await request(`http://127.0.0.1:${proxy.port}/a.ics`, {
      method,
      ...(method === 'PUT' ? { body: 'x' } : {}),
      headersTimeout: timeoutMs,
      reset: true,
    });
    await answer.body.dump();
    return { status: answer.statusCode, type: String(answer.headers['content-type'] ?? ''), tookMs: performance.now() - begunMs };
  };
  return {
    proxy,
    carriedOut: () => seen,
    put: (timeoutMs = 5000) => ask('PUT', timeoutMs),
    get: async () => (await ask('GET', 5000)).status,
  };
}

const fault = (kind: FaultKind, over: Partial<DestinationFault> = {}): DestinationFault => ({
  type: 'destination',
  destination: 'calendar',
  kind,
  times: 1,
  forSeconds: null,
  delayMs: 50,
  ...over,
});

describe('a destination behind the fault proxy', () => {
  it('is the destination itself while nothing is armed', async () => {
    const { put, carriedOut, proxy } = await setUp();
    expect((await put()).status).toBe(201);
    expect(carriedOut()).toEqual(['PUT']);
    expect(proxy.writes()).toBe(1);
  });

  it.each<[FaultKind, number, boolean]>([
    ['status_429', 429, false],
    ['status_503', 503, false],
    ['status_409', 409, false],
    ['status_500_after_commit', 500, true],
    ['html_200', 200, false],
    ['slow', 201, true],
  ])('answers %s with %d, carried out: %s', async (kind, status, isCarriedOut) => {
    const { put, carriedOut, proxy } = await setUp();
    proxy.arm([fault(kind)]);
    const answer = await put();
    expect(answer.status).toBe(status);
    expect(answer.type.includes('html')).toBe(kind === 'html_200');
    if (kind === 'slow') expect(answer.tookMs).toBeGreaterThanOrEqual(45);
    expect(carriedOut()).toEqual(isCarriedOut ? ['PUT'] : []);
    expect(proxy.hits()).toMatchObject([{ hits: 1 }]);
    expect((await put()).status).toBe(201);
  });

  it.each<[FaultKind, boolean]>([
    ['reset_before', false],
    ['reset_after', true],
  ])('breaks the connection on %s, carried out: %s', async (kind, isCarriedOut) => {
    const { put, carriedOut, proxy } = await setUp();
    proxy.arm([fault(kind)]);
    await expect(put()).rejects.toThrow(/ECONNRESET|socket|closed/i);
    expect(carriedOut()).toEqual(isCarriedOut ? ['PUT'] : []);
  });

  it.each<[FaultKind, boolean]>([
    ['timeout_before_commit', false],
    ['timeout_after_commit', true],
  ])('never answers on %s, carried out: %s', async (kind, isCarriedOut) => {
    const { put, carriedOut, proxy } = await setUp();
    proxy.arm([fault(kind)]);
    await expect(put(300)).rejects.toThrow(/timeout/i);
    expect(carriedOut()).toEqual(isCarriedOut ? ['PUT'] : []);
  });

  it('closes the port when it is down, and opens it when the call is over', async () => {
    const { put, get, proxy, carriedOut } = await setUp();
    proxy.arm([fault('down', { times: null })]);
    await expect(put()).rejects.toThrow();
    await expect(get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.relent();
    expect((await put()).status).toBe(201);
    expect(proxy.hits()).toMatchObject([{ hits: 1 }]);
    expect(carriedOut()).toEqual(['PUT']);
  });

  it('hits writes only, as often as it was told, and one fault after the other', async () => {
    const { put, get, proxy } = await setUp();
    proxy.arm([fault('status_503', { times: 2 }), fault('status_409')]);
    expect(await get()).toBe(201);
    const statuses: number[] = [];
    for (let round = 0; round < 4; round += 1) statuses.push((await put()).status);
    expect(statuses).toEqual([503, 503, 409, 201]);
    expect(proxy.hits().map(({ hits }) => hits)).toEqual([2, 1]);
  });
});

describe('a chooser', () => {
  /** Lets every request be hit. */
  const hitAll = (proxy: FaultProxy, kind: RequestFaultKind, delayMs = 30): void => proxy.direct(() => ({ kind, delayMs }));

  it('is asked about reading requests too, sees what was sent, and ends with null', async () => {
    const { put, get, proxy } = await setUp();
    const seen: string[] = [];
    proxy.direct(({ method, path, body }) => {
      seen.push(`${method} ${path} ${body.toString('utf8')}`);
      return { kind: 'status_503', delayMs: 0 };
    });
    expect(await get()).toBe(503);
    expect((await put()).status).toBe(503);
    proxy.direct(null);
    expect((await put()).status).toBe(201);
    expect(seen).toEqual(['GET /a.ics ', 'PUT /a.ics x']);
  });

  it('gives way to armed faults', async () => {
    const { put, proxy } = await setUp();
    proxy.arm([fault('status_409')]);
    hitAll(proxy, 'status_429');
    expect([(await put()).status, (await put()).status]).toEqual([409, 429]);
  });

  it.each<[RequestFaultKind, number, number]>([
    ['status_401', 401, 0],
    ['arrives_twice', 201, 2],
    ['answer_late', 201, 1],
  ])('answers %s with %d, carried out %d times', async (kind, status, times) => {
    const { put, proxy, carriedOut } = await setUp();
    hitAll(proxy, kind);
    expect((await put()).status).toBe(status);
    expect(carriedOut()).toHaveLength(times);
  });

  it('lets a request arrive after its connection is gone', async () => {
    const { put, proxy, carriedOut } = await setUp();
    hitAll(proxy, 'arrives_late', 60);
    await expect(put()).rejects.toThrow(/ECONNRESET|socket|closed/i);
    expect(carriedOut()).toEqual([]);
    await proxy.quiet();
    expect(carriedOut()).toEqual(['PUT']);
  });

  it('lets an answer break off in the middle', async () => {
    const { proxy, carriedOut } = await setUp();
    hitAll(proxy, 'truncated_answer');
    const answer = await request(`http://127.0.0.1:${proxy.port}/a.ics`, { method: 'PUT', body: 'x', reset: true });
    expect(answer.statusCode).toBe(201);
    await expect(answer.body.text()).rejects.toThrow(/length|terminated|closed/i);
    expect(carriedOut()).toEqual(['PUT']);
  });
});
