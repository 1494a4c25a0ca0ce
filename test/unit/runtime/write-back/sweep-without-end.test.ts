/**
 * A worker that was frozen for longer than a lease, or whose clock was set forward, sweeps before it has renewed what it holds. Its own
 * operations were due again to it then: it took each for started, found room for more, and looked again, for ever, so that nothing was
 * renewed or carried out any more.
 */
import { expect, test } from 'vitest';
import { createInboxDestination } from '../../../../src/adapters/destinations/inbox/inbox.ts';
import { asCallId } from '../../../../src/base/ids.ts';
import type { IntentPayload, OpView } from '../../../../src/domain/writeback/intent.ts';
import type { Destination } from '../../../../src/ports/destination.ts';
import { createFakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger } from '../../../support/fake-ledger.ts';
import { createKeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleMessage } from '../../../support/writeback-samples.ts';

/** Operations under way for each of two destinations; both have room for more, and together they fill more than half of what there is. */
const UNDER_WAY_EACH = 6;
const FROZEN_MS = 3_600_000;
const LOOKS_MAX = 100;

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a worker whose leases ran out while it was frozen looks for work a few times only, and goes on', async () => {
  const clock = createManualClock();
  const { ledger, store, inbox } = createFakeLedger(clock);
  const release = Promise.withResolvers<void>();
  const slow = (destination: Destination): Destination => ({
    ...destination,
    create: async (...write) => {
      await release.promise;
      return destination.create(...write);
    },
  });
  let looks = 0;
  const log = createKeptLogger();
  const engine = testEngine({
    store: {
      ...store,
      due: (...query) => {
        looks += 1;
        if (looks > LOOKS_MAX) throw new Error('looks without end');
        return store.due(...query);
      },
    },
    destinations: [createFakeDestination(), createInboxDestination(inbox, clock)].map(slow),
    clock,
    log,
  });
  const accept = (call: string, payload: IntentPayload): OpView => ledger.accept({ call: asCallId(call), tenant: 'demo', seq: 1, payload });
  const startOf = (index: number): string => new Date(Date.UTC(2026, 2, 5) + index * 3_600_000).toISOString();
  for (let index = 0; index < UNDER_WAY_EACH; index += 1) {
    accept(`booking-${index}`, sampleBooking({ start: startOf(index) }));
    accept(`message-${index}`, sampleMessage());
  }
  void engine.sweep();

  clock.advance(FROZEN_MS);
  void engine.sweep();
  release.resolve();
  await settled();

  expect(looks).toBeLessThanOrEqual(LOOKS_MAX);
  expect(ledger.list({ limit: 100 }).map(({ state }) => state)).toEqual(Array<string>(2 * UNDER_WAY_EACH).fill('verified'));
});
