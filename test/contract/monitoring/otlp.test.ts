import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCounters, type Counters } from '../../../src/adapters/metrics/counters.ts';
import { createOtlpExporter, type Exporter } from '../../../src/adapters/trace/otlp-exporter.ts';
import { createTracer } from '../../../src/adapters/trace/tracer.ts';
import type { Tracer } from '../../../src/ports/tracer.ts';
import { createKeptLogger, type KeptLogger } from '../../support/kept-logger.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { startOtlpCollector, type OtlpCollector } from '../../support/stand-ins/otlp/collector.ts';

let collector: OtlpCollector;
let exporter: Exporter;
let tracer: Tracer;
let metrics: Counters;
let log: KeptLogger;

beforeEach(async () => {
  collector = await startOtlpCollector();
  metrics = createCounters();
  log = createKeptLogger();
  exporter = createOtlpExporter({ url: collector.url, process: 'worker', log, metrics });
  tracer = createTracer({ clock: createManualClock(), export: (span) => exporter.take(span) });
});
afterEach(async () => {
  await exporter.close();
  await collector.close();
  expect(collector.violations()).toEqual([]);
});

const dropped = (): number | undefined => metrics.snapshot()['trace_spans_dropped_total']?.count;

describe('spans', () => {
  test('reach the collector in the published form', async () => {
    const attempt = tracer.start('attempt', { parent: null, attributes: { 'vestibule.attempt.phase': 'write' } });
    const http = tracer.start('http', { parent: attempt.traceparent, attributes: { 'http.request.method': 'PUT' } });
    http.note({ 'http.response.status_code': 201 });
    http.end();
    attempt.end();
    await exporter.flush();
    expect(collector.spans.map(({ name, kind, service }) => ({ name, kind, service }))).toEqual([
      { name: 'PUT', kind: 3, service: 'vestibule-worker' },
      { name: 'attempt', kind: 1, service: 'vestibule-worker' },
    ]);
    expect(collector.spans[0]?.parentSpanId).toBe(collector.spans[1]?.spanId);
    expect(collector.spans[0]?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: '201' } });
  });

  test('wait for a collector that is away, in order, and one line of the log says so', async () => {
    collector.answers.push(503, 503);
    tracer.start('call', { parent: null }).end();
    await exporter.flush();
    tracer.start('turn', { parent: null }).end();
    await exporter.flush();
    expect(collector.spans).toEqual([]);
    await exporter.flush();
    expect(collector.spans.map(({ name }) => name)).toEqual(['call', 'turn']);
    expect(log.lines).toEqual([{ level: 'warn', message: 'traces are not taken by the collector' }]);
    expect(dropped()).toBeUndefined();
  });

  test('that the collector refuses for good are counted and not sent again', async () => {
    collector.answers.push(400);
    tracer.start('call', { parent: null }).end();
    await exporter.flush();
    await exporter.flush();
    expect(collector.spans).toEqual([]);
    expect(dropped()).toBe(1);
  });

  test('do not pile up without bound: the oldest make room', async () => {
    await collector.close();
    for (let n = 0; n < 2100; n += 1) tracer.start('turn', { parent: null, attributes: { 'vestibule.turn.number': n } }).end();
    await exporter.flush();
    expect(dropped()).toBeGreaterThanOrEqual(52);
  });
});
