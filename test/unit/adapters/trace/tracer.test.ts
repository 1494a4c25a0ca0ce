import { describe, expect, test } from 'vitest';
import { traceRequest } from '../../../../src/adapters/trace/otlp-json.ts';
import { createTracer, type EndedSpan } from '../../../../src/adapters/trace/tracer.ts';
import { traceIdOf } from '../../../../src/ports/tracer.ts';
import { createManualClock } from '../../../support/manual-clock.ts';

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/;

function traced() {
  const clock = createManualClock();
  const spans: EndedSpan[] = [];
  return { clock, spans, tracer: createTracer({ clock, export: (span) => spans.push(span) }) };
}

describe('a trace', () => {
  test('keeps its id from span to span, and each span knows the one above', () => {
    const { clock, spans, tracer } = traced();
    const call = tracer.start('call', { parent: null });
    const turn = tracer.start('turn', { parent: call.traceparent });
    clock.advance(40);
    turn.end();
    call.end('failed_over');
    expect(call.traceparent).toMatch(TRACEPARENT);
    expect(spans.map(({ name }) => name)).toEqual(['turn', 'call']);
    expect(spans[0]).toMatchObject({ traceId: spans[1]?.traceId, parentSpanId: spans[1]?.spanId, failed: null });
    expect((spans[0]?.endEpochMs ?? 0) - (spans[0]?.startEpochMs ?? 0)).toBe(40);
    expect(spans[1]).toMatchObject({ parentSpanId: null, failed: 'failed_over' });
  });

  test('gives an operation the same context in every process', () => {
    const [first, second] = [traced().tracer, traced().tracer];
    const turn = first.fresh(null);
    expect(second.derived(turn, 'op-1')).toBe(first.derived(turn, 'op-1'));
    expect(second.derived(turn, 'op-2')).not.toBe(first.derived(turn, 'op-1'));
    expect(traceIdOf(first.derived(turn, 'op-1'))).toBe(traceIdOf(turn));
    expect(first.derived(null, 'op-1')).toBe(second.derived(null, 'op-1'));
  });

  test('can begin with a context that was given out before', () => {
    const { spans, tracer } = traced();
    const above = tracer.fresh(null);
    const as = tracer.fresh(above);
    tracer.start('turn', { parent: above, as }).end();
    expect(tracer.start('turn', { parent: above, as }).traceparent).toBe(as);
    expect(spans[0]).toMatchObject({ spanId: as.split('-')[2], parentSpanId: above.split('-')[2] });
  });

  test.each(['', 'nonsense', '00-00000000000000000000000000000000-0000000000000001-01', '00-abc-def-01'])(
    'that is handed over as %j is begun anew',
    (parent) => {
      const { spans, tracer } = traced();
      const span = tracer.start('http', { parent });
      span.end();
      expect(span.traceparent).toMatch(TRACEPARENT);
      expect(spans[0]?.parentSpanId).toBeNull();
    },
  );

  test('is told not to be recorded when nothing is exported, and a span ends once', () => {
    expect(createTracer({ clock: createManualClock(), export: null }).fresh(null)).toMatch(/-00$/);
    const { spans, tracer } = traced();
    const span = tracer.start('call', { parent: null });
    span.end();
    span.end('again');
    expect(spans).toHaveLength(1);
  });
});

describe('work that runs within a context', () => {
  test('knows it however deep it goes, and others that run at the same time know theirs', async () => {
    const { tracer } = traced();
    const [mine, other] = [tracer.fresh(null), tracer.fresh(null)];
    const deep = async (): Promise<string | null> => {
      await Promise.resolve();
      return tracer.current();
    };
    expect(await Promise.all([tracer.within(mine, deep), tracer.within(other, deep), deep()])).toEqual([mine, other, null]);
  });
});

describe('a span as the collector gets it', () => {
  test('is named by method and template, never by the path', () => {
    const { spans, tracer } = traced();
    tracer.start('http', { parent: null, attributes: { 'http.request.method': 'PUT', 'url.template': '/contacts/{key}' } }).end('503');
    const text = JSON.stringify(traceRequest('worker', spans));
    expect(text).toContain('"name":"PUT /contacts/{key}","kind":3');
    expect(text).toContain('{"key":"error.type","value":{"stringValue":"503"}}');
    expect(text).toContain('"status":{"code":2}');
  });
});
