/**
 * A worker that was frozen after it had taken up a confirmation, and before it wrote down that it sends it, held a lease that had run out.
 * Another one ended the promise with a task meanwhile. The first, awake again, still passed for the holder: it sent the message as well.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { reduceOp } from '../../../src/domain/writeback/reduce-op.ts';
import { createPlanner, DEFAULT_PLANS } from '../../../src/domain/writeback/plan.ts';
import { RETRY_POLICY } from '../../../src/domain/writeback/retry.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

const LEASE_MS = 3000;
const TIMING = { visibilityDelayMs: 0, maxInflightMs: 0, exactlyOnce: 'guaranteed', retry: RETRY_POLICY } as const;
const planner = createPlanner(DEFAULT_PLANS, [
  { channel: 'sms', destination: 'sms', reaches: /^\+49/, subject: 'S', text: '{service}', when: (start) => start },
]);

const given = bothLedgers(planner);

describe.each(given.kinds)('a confirmation that was called off (%s)', (_name, open) => {
  let subject: FakeLedger;
  let clock: ManualClock;
  beforeEach(() => {
    clock = given.clock;
    subject = open();
  });

  test('is one of which nothing was sent: what may be on its way is waited for', () => {
    const { op } = subject.ledger.accept(sampleIntent());
    subject.ledger.openPromise(op, clock.epochMs() + 1000);
    subject.store.sendConfirmation(op, clock.epochMs());
    const notice = subject.ledger.list({ limit: 10 }).find(({ kind }) => kind === 'notice');
    const nowEpochMs = clock.epochMs();
    const claimed = notice && subject.store.claim(notice.op, { owner: 'dies', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
    if (notice === undefined || claimed === undefined || claimed === null) throw new Error('there is no confirmation to be taken up');
    const progress = reduceOp(claimed.progress, { type: 'write.begun', atEpochMs: nowEpochMs }, TIMING);
    expect(subject.store.save(notice.op, claimed.epoch, { progress, atEpochMs: nowEpochMs })).toBe(true);
    clock.advance(LEASE_MS);
    expect(subject.store.endPromise(op, { state: 'handed_to_human', reason: 'confirm_booking' }, clock.epochMs())).toBe(false);
    expect(subject.ledger.get(notice.op)?.state).toBe('sending');
  });

  test('is not sent by a worker that took it up before and was frozen', () => {
    const { op } = subject.ledger.accept(sampleIntent());
    subject.ledger.openPromise(op, clock.epochMs() + 1000);
    subject.store.sendConfirmation(op, clock.epochMs());
    const notice = subject.ledger.list({ limit: 10 }).find(({ kind }) => kind === 'notice');
    const nowEpochMs = clock.epochMs();
    const claimed = notice && subject.store.claim(notice.op, { owner: 'frozen', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
    if (notice === undefined || claimed === undefined || claimed === null) throw new Error('there is no confirmation to be taken up');
    const end = { state: 'handed_to_human', reason: 'confirm_booking' } as const;
    expect(subject.store.endPromise(op, end, clock.epochMs())).toBe(false);

    clock.advance(LEASE_MS);
    expect(subject.store.endPromise(op, end, clock.epochMs())).toBe(true);

    const progress = reduceOp(claimed.progress, { type: 'write.begun', atEpochMs: clock.epochMs() }, TIMING);
    expect(subject.store.renew(notice.op, claimed.epoch, clock.epochMs() + LEASE_MS)).toBe(false);
    expect(subject.store.save(notice.op, claimed.epoch, { progress, atEpochMs: clock.epochMs() })).toBe(false);
    expect(subject.ledger.get(notice.op)).toMatchObject({ state: 'compensated', errorCode: 'promise_ended' });
  });
});
