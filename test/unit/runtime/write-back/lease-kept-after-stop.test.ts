/**
 * A worker that stops in order gives back what it holds. Without that, every operation it leaves undecided stays its own until the lease
 * runs out: a caller who was promised a confirmation waits three seconds longer after each restart, and the next worker takes the first
 * for dead and counts a crash against the operation.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installFaultHandler } from '../../../../src/base/fault-point.ts';
import { asCallId } from '../../../../src/base/ids.ts';
import type { OpView } from '../../../../src/domain/writeback/intent.ts';
import { RETRY_POLICY } from '../../../../src/domain/writeback/retry.ts';
import type { Destination } from '../../../../src/ports/destination.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createKeptLogger, type KeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking } from '../../../support/writeback-samples.ts';

/** Longest lease of an operation whose worker is gone, in milliseconds. */
const LEASE_MS = 3000;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let log: KeptLogger;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
  log = createKeptLogger();
});
afterEach(() => installFaultHandler(null));

const worker = (owner: string, destination: Destination = calendar): WriteBackEngine =>
  testEngine({
    store: ledger.store,
    destinations: [destination],
    clock,
    log,
    owner,
  });

const accept = (): OpView => ledger.ledger.accept({ call: asCallId('call'), tenant: 'demo', seq: 1, payload: sampleBooking() });
const stateOf = ({ op }: OpView): string | undefined => ledger.ledger.get(op)?.state;

/** The first pause between two attempts is over, and a lease that was left would still run. */
async function nextWorkerStarts(): Promise<void> {
  clock.advance(RETRY_POLICY.baseMs);
  await worker('second').sweep();
}

describe('an operation that a stopped worker leaves undecided', () => {
  test('because its next attempt is not due yet is carried out by the next worker as soon as it is due', async () => {
    const stop = new AbortController();
    calendar.faults.push('destination_unreachable');
    const row = accept();
    const first = worker('first');
    const stopped = first.runUntil(stop.signal);
    await first.wake(row.op);
    stop.abort();
    await stopped;
    expect(stateOf(row)).not.toBe('verified');

    await nextWorkerStarts();

    expect(stateOf(row)).toBe('verified');
    expect(log.lines.map(({ message }) => message)).not.toContain('operation taken over');
  });

  test('because the answer to a write under way was lost while it stopped is looked for at once, and not written again', async () => {
    const stop = new AbortController();
    const started = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const slow: Destination = {
      ...calendar,
      create: async (...write) => {
        started.resolve();
        await answered.promise;
        return calendar.create(...write);
      },
    };
    calendar.faults.push('lost_after');
    const row = accept();
    const stopped = worker('first', slow).runUntil(stop.signal);
    await started.promise;
    stop.abort();
    answered.resolve();
    await stopped;
    expect(stateOf(row)).toBe('unknown');

    await nextWorkerStarts();

    expect(stateOf(row)).toBe('verified');
    expect(calendar.writes).toHaveLength(1);
    expect(log.lines.map(({ message }) => message)).not.toContain('operation taken over');
  });

  test('is kept from the next one while the lease runs when the first was killed instead', async () => {
    installFaultHandler((point) => {
      if (point === 'after_claim') throw new Error('killed');
    });
    const row = accept();
    await worker('first').sweep();
    installFaultHandler(null);

    await nextWorkerStarts();
    expect(stateOf(row)).toBe('accepted');

    clock.advance(LEASE_MS);
    await worker('third').sweep();
    expect(stateOf(row)).toBe('verified');
    expect(log.lines.map(({ message }) => message)).toContain('operation taken over');
  });
});
