import { expect, test } from 'vitest';
import { createBreaker } from '../../../../src/runtime/write-back/breaker.ts';
import { createFakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';

test('a destination that fails three times is asked once per pause, and the pauses grow to a bound', () => {
  const clock = createManualClock();
  const breaker = createBreaker(clock, createFakeLedger(clock).store);
  const fail = (): void => breaker.note('calendar', false);
  fail();
  fail();
  expect(breaker.pausedMs('calendar')).toBe(0);
  fail();
  const pauses: number[] = [];
  for (let probe = 0; probe < 6; probe += 1) {
    const leftMs = breaker.pausedMs('calendar');
    pauses.push(leftMs);
    clock.advance(leftMs);
    expect(breaker.pausedMs('calendar')).toBe(0);
    expect(breaker.pausedMs('calendar')).toBeGreaterThan(0);
    fail();
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 8000, 8000]);
  expect(breaker.pausedMs('crm')).toBe(0);
  breaker.note('calendar', true);
  expect(breaker.pausedMs('calendar')).toBe(0);
});

test('a worker that comes back knows which destination does not answer, and which does again', () => {
  const clock = createManualClock();
  const { store } = createFakeLedger(clock);
  const before = createBreaker(clock, store);
  for (let failures = 0; failures < 3; failures += 1) before.note('calendar', false);
  clock.advance(before.pausedMs('calendar'));
  expect(before.pausedMs('calendar')).toBe(0);
  before.note('calendar', false);
  expect(createBreaker(clock, store).pausedMs('calendar')).toBe(2000);
  clock.advance(2000);
  const after = createBreaker(clock, store);
  expect(after.pausedMs('calendar')).toBe(0);
  after.note('calendar', true);
  expect(store.breakers()).toEqual([]);
  expect(createBreaker(clock, store).pausedMs('calendar')).toBe(0);
});

test('a clock that was set back does not pause a destination for longer than the longest pause', () => {
  const clock = createManualClock();
  const { store } = createFakeLedger(clock);
  store.saveBreaker({ destination: 'calendar', failures: 9, pausedUntilEpochMs: clock.epochMs() + 3_600_000 });
  expect(createBreaker(clock, store).pausedMs('calendar')).toBe(8000);
});

test('requests that were under way together when a destination went away make one outage of it, not a long row', () => {
  const clock = createManualClock();
  const breaker = createBreaker(clock, createFakeLedger(clock).store);
  for (let calls = 0; calls < 12; calls += 1) breaker.note('calendar', false);
  expect(breaker.pausedMs('calendar')).toBe(1000);
  clock.advance(1000);
  expect(breaker.pausedMs('calendar')).toBe(0);
  breaker.note('calendar', true);
  expect(breaker.pausedMs('calendar')).toBe(0);
});

test('while one asks whether a destination answers again the others wait, but not for as long as a request may hang', () => {
  const clock = createManualClock();
  const breaker = createBreaker(clock, createFakeLedger(clock).store);
  for (let failures = 0; failures < 3; failures += 1) breaker.note('calendar', false);
  clock.advance(breaker.pausedMs('calendar'));
  expect(breaker.paused()).toEqual([]);
  expect(breaker.pausedMs('calendar')).toBe(0);
  expect(breaker.paused()).toEqual(['calendar']);
  clock.advance(2999);
  expect(breaker.paused()).toEqual(['calendar']);
  clock.advance(1);
  expect(breaker.paused()).toEqual([]);
  expect(breaker.pausedMs('calendar')).toBe(0);
  breaker.note('calendar', true);
  expect(breaker.paused()).toEqual([]);
});

test('a pause that began before the clock was set back ends when the longest pause is over', () => {
  const clock = createManualClock();
  const { store } = createFakeLedger(clock);
  store.saveBreaker({ destination: 'calendar', failures: 9, pausedUntilEpochMs: clock.epochMs() + 3_600_000 });
  const breaker = createBreaker(clock, store);
  expect(breaker.pausedMs('calendar')).toBe(8000);
  clock.advance(8000);
  expect(breaker.pausedMs('calendar')).toBe(0);
});
