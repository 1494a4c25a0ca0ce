import { describe, expect, test } from 'vitest';
import { asCallId, asOpId } from '../../../src/base/ids.ts';
import type { IntentPayload, OpView } from '../../../src/domain/writeback/intent.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

const given = bothLedgers();
let subject: FakeLedger;

describe.each(given.kinds)('destinations that are left alone (%s)', (_name, open) => {
  const accepted = (call: string, payload: IntentPayload): OpView => subject.ledger.accept(sampleIntent(payload, { call: asCallId(call) }));

  test('do not stand in the way of what is due elsewhere', () => {
    subject = open();
    const [first, second] = [accepted('a', sampleBooking()), accepted('b', sampleBooking({ start: '2026-03-06T10:30:00+01:00' }))];
    const message = accepted('c', sampleMessage());
    const due = (limit: number, except?: readonly string[]): readonly string[] => subject.store.due(given.clock.epochMs(), limit, except);
    expect(due(10)).toEqual([first.op, second.op, message.op]);
    expect(due(1, ['calendar', 'crm'])).toEqual([message.op]);
    expect(due(10, ['inbox'])).toEqual([first.op, second.op]);
    expect(due(10, ['calendar', 'inbox'])).toEqual([]);
    expect(due(10, [])).toHaveLength(3);
  });

  test('are told for every operation', () => {
    subject = open();
    expect(subject.store.destinationOf(accepted('a', sampleBooking()).op)).toBe('calendar');
    expect(subject.store.destinationOf(accepted('b', sampleMessage()).op)).toBe('inbox');
    expect(subject.store.destinationOf(asOpId('nothing'))).toBeNull();
  });
});
