/**
 * One system that hangs must not hold up the others; and one that allows a request a second must not be asked by so many operations at once
 * that each of them gives up while it waits for its turn.
 */
import { expect, test } from 'vitest';
import { createInboxDestination } from '../../../../src/adapters/destinations/inbox/inbox.ts';
import { asCallId, asOpId } from '../../../../src/base/ids.ts';
import type { IntentPayload, OpView } from '../../../../src/domain/writeback/intent.ts';
import type { Destination } from '../../../../src/ports/destination.ts';
import { createLanes, RUNNING_MAX, RUNNING_PER_DESTINATION_MAX } from '../../../../src/runtime/write-back/lanes.ts';
import { createFakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleMessage } from '../../../support/writeback-samples.ts';

const limited = (requestsPerSecond: number | null): Destination => {
  const destination = createFakeDestination('crm');
  const limits = requestsPerSecond === null ? null : { requestsPerSecond, burst: 1 };
  return { ...destination, capabilities: { ...destination.capabilities, limits } };
};
/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test.each([
  [null, RUNNING_PER_DESTINATION_MAX],
  [10, RUNNING_PER_DESTINATION_MAX],
  [1, 2],
  [0.1, 1],
])('a destination that allows %s requests a second is asked by %s operations at once', (requestsPerSecond, atOnce) => {
  const lanes = createLanes(new Map([['crm', limited(requestsPerSecond)]]));
  const never = new Promise<void>(() => undefined);
  for (let count = 0; lanes.room('crm') > 0; count += 1) {
    expect(lanes.full()).toEqual([]);
    lanes.enter(asOpId(`op-${count}`), 'crm', never);
  }
  expect(lanes.attempts()).toHaveLength(atOnce);
  expect(lanes.full()).toEqual(['crm']);
  expect(lanes.room()).toBe(RUNNING_MAX - atOnce);
  lanes.leave(asOpId('op-0'));
  lanes.leave(asOpId('op-0'));
  expect(lanes.room('crm')).toBe(1);
  expect(lanes.full()).toEqual([]);
});

test('a calendar that hangs, with more waiting for it than is worked on at once, does not hold up a message', async () => {
  const clock = createManualClock();
  const { ledger, store, inbox } = createFakeLedger(clock);
  const calendar = createFakeDestination();
  let hanging = 0;
  const hung: Destination = {
    ...calendar,
    create: () => {
      hanging += 1;
      return new Promise(() => undefined);
    },
  };
  const engine = testEngine({
    store,
    destinations: [hung, createInboxDestination(inbox, clock)],
    clock,
  });
  const accept = (call: number, payload: IntentPayload): OpView =>
    ledger.accept({ call: asCallId(`call-${call}`), tenant: 'demo', seq: 1, payload });
  for (let call = 0; call < RUNNING_MAX * 2; call += 1)
    accept(call, sampleBooking({ start: new Date(Date.UTC(2026, 2, 5) + call * 3_600_000).toISOString() }));
  const message = accept(1000, sampleMessage());

  void engine.sweep();
  await settled();

  expect(hanging).toBe(RUNNING_PER_DESTINATION_MAX);
  expect(ledger.get(message.op)?.state).toBe('verified');
});
