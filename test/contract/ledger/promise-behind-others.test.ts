/**
 * The worker looks at so many open promises at once, those with the nearest deadline. When a destination was away and so many callers
 * waited for it, a promise about another one, long kept, was not ended before theirs were: its caller heard a quarter of an hour later.
 */
import { describe, expect, test } from 'vitest';
import { asCallId } from '../../../src/base/ids.ts';
import type { OpView } from '../../../src/domain/writeback/intent.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

const MINUTE_MS = 60_000;

const given = bothLedgers();
let subject: FakeLedger;

describe.each(given.kinds)('the promises that the worker looks at (%s)', (_name, open) => {
  const promised = (call: string, inMinutes: number): OpView => {
    const row = subject.ledger.accept(sampleIntent(sampleMessage(), { call: asCallId(call) }));
    subject.ledger.openPromise(row.op, given.clock.epochMs() + inMinutes * MINUTE_MS);
    return row;
  };
  const decide = ({ op }: OpView): void => {
    const nowEpochMs = given.clock.epochMs();
    const claimed = subject.store.claim(op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
    if (claimed === null) throw new Error('not claimable');
    subject.store.save(op, claimed.epoch, { progress: { ...claimed.progress, state: 'verified' }, atEpochMs: nowEpochMs });
  };
  const looked = (limit: number): readonly string[] => subject.store.openPromises(limit).map(({ promise }) => promise.op);

  test('are first those that can be ended, then the others by their deadline', () => {
    subject = open();
    const waiting = [promised('waits-longest', 30), promised('waits', 10)];
    const kept = promised('kept', 60);
    decide(kept);
    expect(looked(1)).toEqual([kept.op]);
    expect(looked(10)).toEqual([kept.op, ...waiting.map(({ op }) => op).toReversed()]);
  });
});
