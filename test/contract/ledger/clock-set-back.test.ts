/**
 * A clock that was an hour ahead is set back (NTP, after a start without network). What had been written down with its time lay in the future
 * then: an operation waited an hour for its next attempt, or for the lease of a worker that was dead; a promise had an hour more; and a
 * request that needed a person got a task with every sweep, because each was older than the request.
 */
import { describe, expect, test } from 'vitest';
import type { OpView } from '../../../src/domain/writeback/intent.ts';
import { reduceOp, type OpEvent } from '../../../src/domain/writeback/reduce-op.ts';
import { RETRY_POLICY } from '../../../src/domain/writeback/retry.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

const HOUR_MS = 3_600_000;
const LEASE_MS = 3000;
const PROMISE_MS = 900_000;
const WAIT_MS_MAX = 2 * HOUR_MS;
const TIMING = { visibilityDelayMs: 0, maxInflightMs: 2000, exactlyOnce: 'guaranteed', retry: RETRY_POLICY } as const;

const given = bothLedgers();
let subject: FakeLedger;

describe.each(given.kinds)('a clock that was set back (%s)', (_name, open) => {
  const now = (): number => given.clock.epochMs();
  const claimed = ({ op }: OpView, untilEpochMs = now() + LEASE_MS) => {
    const claim = subject.store.claim(op, { owner: 'worker', nowEpochMs: now(), untilEpochMs });
    if (claim === null) throw new Error('not claimable');
    return claim;
  };
  /** Carries an operation through events, and gives its lease back unless its worker dies. */
  const carryOut = (row: OpView, events: readonly OpEvent[], end: 'gives_back' | 'dies' = 'gives_back'): void => {
    const { epoch, ...claim } = claimed(row);
    let { progress } = claim;
    for (const event of events) {
      progress = reduceOp(progress, event, TIMING);
      expect(subject.store.save(row.op, epoch, { progress, atEpochMs: event.atEpochMs })).toBe(true);
    }
    if (end === 'gives_back') subject.store.release(row.op, epoch);
  };
  const lost = (): readonly OpEvent[] => [
    { type: 'write.begun', atEpochMs: now() },
    { type: 'write.answered', atEpochMs: now(), jitter: 0.9, result: { type: 'unknown', code: 'destination_unreachable' } },
  ];
  const due = (): readonly string[] => subject.store.due(now(), 10);
  const setBack = (waitMsMax = 0): void => {
    given.clock.advance(-HOUR_MS);
    subject.store.hasten(now(), { waitMsMax, leaseMs: LEASE_MS });
  };

  test('keeps no operation from its next attempt, and what may have been sent is waited for from now on', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row, lost());
    given.clock.advance(-HOUR_MS);
    expect(due()).toEqual([]);
    subject.store.hasten(now(), { waitMsMax: 0, leaseMs: LEASE_MS });
    expect(due()).toEqual([row.op]);
    expect(claimed(row).progress).toMatchObject({ state: 'unknown', sentAtEpochMs: now() });
  });

  test('keeps no operation with a worker that is dead', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row, [{ type: 'write.begun', atEpochMs: now() }], 'dies');
    setBack();
    given.clock.advance(LEASE_MS);
    expect(due()).toEqual([row.op]);
    expect(claimed(row).takenOver).toBe(true);
  });

  test('leaves a worker that lives its lease', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    const { epoch } = claimed(row);
    setBack();
    expect(due()).toEqual([]);
    expect(subject.store.renew(row.op, epoch, now() + LEASE_MS)).toBe(true);
  });

  test('is noticed by the next worker too: what was accepted or sent in the future is due', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row, lost());
    setBack(WAIT_MS_MAX);
    expect(due()).toEqual([row.op]);
  });

  test('that was not set back leaves what waits as it is', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row, lost());
    subject.store.hasten(now(), { waitMsMax: WAIT_MS_MAX, leaseMs: LEASE_MS });
    expect(due()).toEqual([]);
  });

  test('gives a promise no more time than it had', () => {
    subject = open();
    const { op } = subject.ledger.accept(sampleIntent());
    subject.ledger.openPromise(op, now() + PROMISE_MS);
    setBack();
    expect(subject.ledger.promises({ open: true })).toMatchObject([{ op, deadlineEpochMs: now() + PROMISE_MS }]);
  });

  test('makes one task of what needs a person, however often that is looked for', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row, [...lost(), { type: 'age.exceeded', atEpochMs: now() }]);
    given.clock.advance(-HOUR_MS);
    expect(subject.store.addTasksForStuck(now())).toBe(1);
    expect(subject.store.addTasksForStuck(now())).toBe(0);
    expect(subject.ledger.tasks({ open: true })).toHaveLength(1);
  });
});
