import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpClient } from '../../../src/adapters/destinations/http/http-client.ts';
import { installRequestWatch } from '../../../src/adapters/destinations/http/request-watch.ts';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import { createCounters, type Counters } from '../../../src/adapters/metrics/counters.ts';
import { createTracer, type EndedSpan } from '../../../src/adapters/trace/tracer.ts';
import { createRequestWatch } from '../../../src/app/monitoring.ts';
import type { Tracer } from '../../../src/ports/tracer.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { startJsonServer, type JsonServer } from '../../support/stand-ins/json-server.ts';

const PERSONAL = '/contacts/laura.becker?phone=%2B493055501234';

let server: JsonServer;
let http: HttpClient;
let metrics: Counters;
let tracer: Tracer;
let spans: EndedSpan[];
let status = 200;
let seen: (string | undefined)[];

beforeEach(async () => {
  seen = [];
  spans = [];
  status = 200;
  server = await startJsonServer(async ({ headers }) => {
    seen.push(headers['traceparent']?.toString());
    return { status, body: {} };
  });
  const clock = createManualClock();
  metrics = createCounters();
  tracer = createTracer({ clock, export: (span) => spans.push(span) });
  installRequestWatch(createRequestWatch(metrics, tracer));
  http = createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock });
});
afterEach(async () => {
  installRequestWatch(null);
  await http.close();
  await server.close();
});

const request = (extra: { readonly traceparent?: string; readonly template?: string } = {}) =>
  http.send({
    method: 'GET',
    url: new URL(`http://127.0.0.1:${server.port}${PERSONAL}`),
    signal: AbortSignal.timeout(5000),
    ...extra,
  });

const counted = (said: string): number | undefined =>
  metrics.snapshot()[`http_client_request_duration_seconds{method="GET",status="${said}"}`]?.count;

describe('a request to a destination', () => {
  test('has a span below that of its attempt, and carries its own context', async () => {
    const attempt = tracer.fresh(null);
    await request({ traceparent: attempt, template: '/contacts/{key}' });
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: 'http',
      parentSpanId: attempt.split('-')[2],
      failed: null,
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.template': '/contacts/{key}' },
    });
    expect(seen).toEqual([`00-${spans[0]?.traceId}-${spans[0]?.spanId}-01`]);
    expect(counted('2xx')).toBe(1);
  });

  test('belongs to the attempt that it comes of, also where an adapter passes no context on', async () => {
    const attempt = tracer.fresh(null);
    await tracer.within(attempt, () => request());
    expect(spans[0]?.parentSpanId).toBe(attempt.split('-')[2]);
    expect(seen[0]).toContain(attempt.split('-')[1]);
  });

  test('outside of every attempt is timed, and not traced', async () => {
    await request();
    expect(spans).toEqual([]);
    expect(seen).toEqual([undefined]);
    expect(counted('2xx')).toBe(1);
  });

  test.each([
    [429, '429'],
    [503, '5xx'],
    [404, '4xx'],
  ])('that is answered with %i counts as %s', async (answer, said) => {
    status = answer;
    await request({ traceparent: tracer.fresh(null) });
    expect(counted(said)).toBe(1);
    expect(spans[0]?.failed).toBe(String(answer));
  });

  test('that never left says so', async () => {
    await server.close();
    await request({ traceparent: tracer.fresh(null) });
    expect(counted('not_sent')).toBe(1);
    expect(spans[0]?.failed).toBe('not_sent');
  });

  test('gives nothing of its address but the host', async () => {
    await request({ traceparent: tracer.fresh(null) });
    expect(JSON.stringify(spans)).not.toMatch(/laura|becker|3055501234|contacts/);
    expect(Object.keys(metrics.snapshot()).join()).not.toMatch(/laura|127/);
  });
});
