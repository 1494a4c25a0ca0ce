import { beforeEach, describe, expect, test } from 'vitest';
import { createCounters, type Counters } from '../../../../src/adapters/metrics/counters.ts';
import { createTracer, type EndedSpan } from '../../../../src/adapters/trace/tracer.ts';
import type { OpId } from '../../../../src/base/ids.ts';
import type { IntentPayload } from '../../../../src/domain/writeback/intent.ts';
import { createInboxDestination } from '../../../../src/adapters/destinations/inbox/inbox.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../../support/writeback-samples.ts';

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let metrics: Counters;
let spans: EndedSpan[];
let seenByCalendar: (string | undefined)[];
let engine: WriteBackEngine;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
  metrics = createCounters();
  spans = [];
  seenByCalendar = [];
  const heard: FakeDestination = {
    ...calendar,
    create: (key, payload, options) => {
      seenByCalendar.push(options.traceparent);
      return calendar.create(key, payload, options);
    },
  };
  engine = testEngine({
    store: ledger.store,
    destinations: [heard, createInboxDestination(ledger.inbox, clock)],
    clock,
    metrics,
    tracer: createTracer({ clock, export: (span) => spans.push(span) }),
  });
});

const accept = (payload: IntentPayload): OpId => ledger.ledger.accept(sampleIntent(payload)).op;
const count = (series: string): number | undefined => metrics.snapshot()[series]?.count;

async function sweepUntil(op: OpId, state: string): Promise<void> {
  for (let n = 0; n < 50 && ledger.ledger.get(op)?.state !== state; n += 1) {
    clock.advance(1000);
    await engine.sweep();
  }
  expect(ledger.ledger.get(op)?.state).toBe(state);
}

describe('a write-back is measured', () => {
  test('by its attempts, its end, and the time from acceptance to the verified record', async () => {
    const op = accept(sampleBooking());
    clock.advance(700);
    await engine.sweep();
    expect(ledger.ledger.get(op)?.state).toBe('verified');
    expect(count('writeback_ops_total{destination="calendar",kind="booking",outcome="verified"}')).toBe(1);
    expect(count('writeback_attempt_seconds{destination="calendar",phase="write",outcome="committed"}')).toBe(1);
    expect(count('writeback_attempt_seconds{destination="calendar",phase="read_back",outcome="matches"}')).toBe(1);
    const commit = metrics.snapshot()['writeback_commit_seconds{destination="calendar",kind="booking",path="inline"}'];
    expect(commit?.count).toBe(1);
    expect(commit?.sumMs).toBeGreaterThanOrEqual(700);
  });

  test.each([
    ['present', 'lost_after'],
    ['absent', 'lost_before'],
  ] as const)('by what a read-back tells of a lost answer: %s', async (resolved, fault) => {
    calendar.faults.push(fault);
    await sweepUntil(accept(sampleBooking()), 'verified');
    expect(count(`writeback_ambiguous_total{destination="calendar",resolved="${resolved}"}`)).toBe(1);
    expect(count('writeback_ops_total{destination="calendar",kind="booking",outcome="verified"}')).toBe(1);
  });

  test('once, however often the engine looks at it afterwards', async () => {
    await sweepUntil(accept(sampleMessage()), 'verified');
    await engine.sweep();
    expect(count('writeback_ops_total{destination="inbox",kind="message",outcome="verified"}')).toBe(1);
  });
});

describe('a write-back is traced', () => {
  test('with its attempts below it, and requests carry the context of their attempt', async () => {
    const op = accept(sampleBooking());
    await engine.sweep();
    const [whole] = spans.filter(({ name }) => name === 'op');
    expect(whole).toMatchObject({ attributes: { 'vestibule.op.id': op, 'vestibule.op.outcome': 'verified' }, failed: null });
    const attempts = spans.filter(({ name }) => name === 'attempt');
    expect(attempts.map(({ attributes }) => attributes['vestibule.attempt.phase'])).toEqual(['write', 'read_back']);
    for (const attempt of attempts) expect(attempt).toMatchObject({ traceId: whole?.traceId, parentSpanId: whole?.spanId });
    expect(seenByCalendar).toEqual([`00-${attempts[0]?.traceId}-${attempts[0]?.spanId}-01`]);
  });

  test('without a word of the caller', async () => {
    await sweepUntil(accept(sampleBooking()), 'verified');
    const text = JSON.stringify(spans);
    for (const personal of ['Laura', 'Becker', '3055501234', 'check-up']) expect(text).not.toContain(personal);
  });
});
