import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OP_STATES, type OpState } from '../../../../src/domain/writeback/intent.ts';
import { canonicalJson, fingerprintOf, opKey, remoteIdOf } from '../../../../src/domain/writeback/op-key.ts';
import { promiseStep, type PromiseFacts } from '../../../../src/domain/writeback/promise-rule.ts';
import { isFinal } from '../../../../src/domain/writeback/reduce-op.ts';
import { RETRY_POLICY, retryDelayMs } from '../../../../src/domain/writeback/retry.ts';
import { isSameRecord } from '../../../../src/domain/writeback/same-record.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../../support/writeback-samples.ts';

describe('the key of an operation', () => {
  test('names the intent', () => {
    expect(opKey(sampleIntent())).toBe('v1.demo.call-1.1.booking');
    expect(opKey(sampleIntent(sampleMessage(), { seq: 2 }))).toBe('v1.demo.call-1.2.message');
  });

  test('becomes an id of 26 letters that differs for different keys', () => {
    // base32(sha256('v1.demo.call-1.1.booking')), reckoned with coreutils.
    expect(remoteIdOf('v1.demo.call-1.1.booking')).toBe('fdinz4pxw5iwzjp2s3zdhegvo4');
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(remoteIdOf(a)).toMatch(/^[a-z2-7]{26}$/);
        expect(remoteIdOf(a) === remoteIdOf(b)).toBe(a === b);
      }),
    );
  });

  test('goes with a fingerprint that does not depend on the order of names', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
        const reversed = Object.fromEntries(Object.entries(content).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(content));
        expect(JSON.parse(canonicalJson(content))).toEqual(JSON.parse(JSON.stringify(content)));
      }),
    );
    expect(fingerprintOf(sampleBooking())).not.toBe(fingerprintOf(sampleBooking({ name: 'Laura Beck' })));
  });
});

describe('a read-back', () => {
  test('is the same record when the time is written in another offset, and whatever the reason was', () => {
    expect(isSameRecord(sampleBooking({ reason: 'cough' }), sampleBooking({ start: '2026-03-05T09:30:00Z' }))).toBe(true);
  });

  test.each([
    { start: '2026-03-05T10:31:00+01:00' },
    { minutes: 15 },
    { name: 'Laura Baecker' },
    { phone: '+493055501235' },
    { service: 'vaccination' },
  ])('is another record with %o', (parts) => {
    expect(isSameRecord(sampleBooking(), sampleBooking(parts))).toBe(false);
  });
});

describe('the back-off', () => {
  test('stays between a tenth of its base and its cap, and obeys a longer wish', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 3_600_000 })),
        (failures, jitter, wish) => {
          const delay = retryDelayMs(failures, jitter, RETRY_POLICY, wish);
          expect(delay).toBeGreaterThanOrEqual(Math.max(RETRY_POLICY.baseMs / 10, wish ?? 0));
          expect(delay).toBeLessThanOrEqual(Math.max(RETRY_POLICY.capMs, wish ?? 0));
        },
      ),
    );
  });

  test('doubles its ceiling with every failure', () => {
    const ceilings = [1, 2, 3, 4].map((failures) => retryDelayMs(failures, 0.9999999, RETRY_POLICY));
    expect(ceilings).toEqual([250, 500, 1000, 2000]);
  });
});

describe('a promise', () => {
  const step = (facts: Partial<PromiseFacts>, nowEpochMs: number) =>
    promiseStep({ op: 'verified', confirmation: null, deadlineEpochMs: 1000, ...facts }, nowEpochMs);
  const open: readonly OpState[] = ['accepted', 'sending', 'unknown', 'committed', 'compensating'];

  test.each(OP_STATES.filter((state) => isFinal(state)))('about an operation that is %s ends at once', (state) => {
    const end = step({ op: state }, 0);
    expect(end.type === 'end' && end.state).toBe(state === 'verified' ? 'kept' : 'handed_to_human');
    expect(end.type === 'end' && end.reason).not.toBeNull();
  });

  test.each(open)('about an operation that is %s waits for its deadline and then goes to a person', (state) => {
    expect(step({ op: state }, 999)).toEqual({ type: 'wait' });
    expect(step({ op: state }, 1000)).toEqual({ type: 'end', state: 'handed_to_human', reason: 'needs_human' });
  });

  test('with a channel is confirmed once what it is about stands, and by a person when that fails or comes too late', () => {
    expect(step({ confirmation: 'held' }, 0)).toEqual({ type: 'send' });
    expect(step({ confirmation: 'sending' }, 999)).toEqual({ type: 'wait' });
    expect(step({ confirmation: 'verified' }, 5000)).toEqual({ type: 'end', state: 'kept', reason: null });
    for (const confirmation of ['rejected', 'needs_human', 'dead', 'conflict'] as const)
      expect(step({ confirmation }, 0)).toEqual({ type: 'end', state: 'handed_to_human', reason: 'confirm_booking' });
    for (const confirmation of ['held', 'accepted', 'unknown'] as const)
      expect(step({ confirmation }, 1000)).toEqual({ type: 'end', state: 'handed_to_human', reason: 'confirm_booking' });
    expect(step({ op: 'conflict', confirmation: 'held' }, 0)).toMatchObject({ reason: 'conflict_after_promise' });
  });
});
