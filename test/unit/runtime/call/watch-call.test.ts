import { describe, expect, it } from 'vitest';
import { createTracer, type EndedSpan } from '../../../../src/adapters/trace/tracer.ts';
import type { Intent } from '../../../../src/domain/writeback/intent.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { BOOKING_LINES, createHouse, type House } from './call-house.ts';

interface Traced {
  readonly house: House;
  readonly spans: readonly EndedSpan[];
  readonly intents: readonly Intent[];
}

async function tracedHouse(): Promise<Traced> {
  const spans: EndedSpan[] = [];
  const intents: Intent[] = [];
  const tracer = createTracer({ clock: createManualClock(), export: (span) => spans.push(span) });
  const house = await createHouse({
    parts: { tracer },
    ledger: ({ accept }) => ({
      accept: (intent) => {
        intents.push(intent);
        return accept(intent);
      },
    }),
  });
  return { house, spans, intents };
}

const named = (spans: readonly EndedSpan[], name: string): readonly EndedSpan[] => spans.filter((span) => span.name === name);

describe('a call that is watched over', () => {
  it('is one trace, with a span for every turn, and what was agreed carries the context of its turn', async () => {
    const { house, spans, intents } = await tracedHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes', 'no thank you');
    await house.quiet();
    const [whole] = named(spans, 'call');
    expect(whole?.attributes).toEqual({ 'vestibule.call.id': call, 'vestibule.call.outcome': 'booked' });
    const turns = named(spans, 'turn');
    expect(turns.length).toBeGreaterThanOrEqual(5);
    for (const turn of turns) expect(turn).toMatchObject({ traceId: whole?.traceId, parentSpanId: whole?.spanId });
    expect(intents).toHaveLength(1);
    const [, traceId, spanId] = intents[0]?.traceparent?.split('-') ?? [];
    expect(traceId).toBe(whole?.traceId);
    expect(turns.map((turn) => turn.spanId)).toContain(spanId);
  });

  it('has the context of each turn in its journal, with the event that began it', async () => {
    const { house, spans } = await tracedHouse();
    const { call } = await house.dial();
    await house.says(call, 'a check up on thursday at ten thirty');
    const begun = house.journal.read(call).findLast(({ type }) => type === 'caller.text_final')?.body as { readonly traceparent: string };
    await house.says(call, 'laura becker');
    expect(named(spans, 'turn').map(({ spanId }) => spanId)).toContain(begun.traceparent.split('-')[2]);
  });

  it('goes on in the same trace after a restart of the daemon', async () => {
    const { house, spans, intents } = await tracedHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    const [before] = named(spans, 'turn');
    await house.restart();
    await house.quiet();
    await house.says(call, 'yes');
    expect(intents[0]?.traceparent?.split('-')[1]).toBe(before?.traceId);
  });

  it('tells how long answers took, from the end of the voice to the first word, and how long the yes took', async () => {
    const { house } = await tracedHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    const series = Object.entries(house.metrics.snapshot());
    const responses = series.filter(([name]) => name.startsWith('turn_response_seconds{'));
    expect(responses.reduce((sum, [, { count }]) => sum + count, 0)).toBe(4);
    for (const [, { sumMs }] of responses) expect(sumMs).toBeGreaterThan(0);
    expect(house.metrics.snapshot()['writeback_answer_seconds{claim="committed"}']?.count).toBe(1);
  });

  it('says nothing of what was said in any span', async () => {
    const { house, spans } = await tracedHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes', 'no thank you');
    const text = JSON.stringify(spans);
    for (const personal of ['aura', 'ecker', '+49', 'check']) expect(text).not.toContain(personal);
  });

  it('is not traced where there is no tracer', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(JSON.stringify(house.journal.read(call))).not.toContain('traceparent');
  });
});
