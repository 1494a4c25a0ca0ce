/**
 * A lease is held by who works. A worker that did not know the destination of an operation kept its lease and took it again as soon as it
 * had run out, for ever; one whose request hung when it was stopped left it behind, and the next worker took it for dead. While it was
 * stopping it took up more; and where the ledger could not be written it tried without a pause, and did nothing else any more.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import { asCallId } from '../../../../src/base/ids.ts';
import type { OpView } from '../../../../src/domain/writeback/intent.ts';
import { RETRY_POLICY } from '../../../../src/domain/writeback/retry.ts';
import type { Destination } from '../../../../src/ports/destination.ts';
import type { OpStore } from '../../../../src/ports/op-store.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { RUNNING_PER_DESTINATION_MAX } from '../../../../src/runtime/write-back/lanes.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createKeptLogger, type KeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking } from '../../../support/writeback-samples.ts';

/** How long a stop waits for requests under way, in milliseconds. */
const STOP_MS = 2500;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let log: KeptLogger;
let calls = 0;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
  log = createKeptLogger();
});

const worker = (owner: string, destinations: readonly Destination[] = [calendar], store: OpStore = ledger.store): WriteBackEngine =>
  testEngine({
    store,
    destinations: destinations,
    clock,
    log,
    owner,
  });

const accept = (): OpView => {
  calls += 1;
  const start = new Date(Date.UTC(2026, 2, 5) + calls * 3_600_000).toISOString();
  return ledger.ledger.accept({ call: asCallId(`call-${calls}`), tenant: 'demo', seq: 1, payload: sampleBooking({ start }) });
};
const row = ({ op }: OpView): OpView | null => ledger.ledger.get(op);
const said = (message: string): number => log.lines.filter((line) => line.message === message).length;
/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('an operation whose destination the configuration does not name any more', () => {
  test('is put off, says why, and is carried out by the worker that knows it again, which takes nobody for dead', async () => {
    const op = accept();
    await worker('first', []).sweep();
    expect(row(op)).toMatchObject({ state: 'accepted', errorCode: 'destination_unknown' });
    expect(ledger.store.due(clock.epochMs(), 10)).toEqual([]);

    clock.advance(RETRY_POLICY.baseMs);
    await worker('second').sweep();

    expect(row(op)?.state).toBe('verified');
    expect(said('operation taken over')).toBe(0);
  });

  test('is told of once, and becomes a task after a day', async () => {
    const op = accept();
    const engine = worker('first', []);
    const dayEndsAt = clock.epochMs() + RETRY_POLICY.openMsMax;
    for (let looks = 0; looks < 20; looks += 1) {
      await engine.sweep();
      clock.advance(RETRY_POLICY.capMs);
    }
    expect(said('operation without a destination')).toBe(1);
    clock.advance(dayEndsAt - clock.epochMs());
    await engine.sweep();
    expect(row(op)?.state).toBe('accepted');
    clock.advance(RETRY_POLICY.capMs);
    await engine.sweep();
    expect(row(op)?.state).toBe('dead');
    expect(ledger.store.tasks({ open: true })).toMatchObject([{ op: op.op, reason: 'needs_human' }]);
  });
});

describe('a worker that is stopped', () => {
  /** Writes, and never answers; the request can be given up. */
  const hanging = (started: () => void): Destination => ({
    ...calendar,
    create: async (key, payload, options) => {
      await calendar.create(key, payload, options);
      started();
      return new Promise((_resolve, reject) => {
        options.signal.addEventListener('abort', () => reject(new AppError('destination_unreachable', 'given up')), { once: true });
      });
    },
  });

  test('gives up a request that hangs: its outcome is open, and the next worker looks before it writes', async () => {
    const stop = new AbortController();
    const started = Promise.withResolvers<void>();
    const op = accept();
    const stopped = worker('first', [hanging(started.resolve)]).runUntil(stop.signal);
    await started.promise;
    stop.abort();
    await settled();
    expect(row(op)?.state).toBe('sending');
    clock.advance(STOP_MS);
    await stopped;
    expect(row(op)).toMatchObject({ state: 'unknown', errorCode: 'destination_unreachable' });

    clock.advance(RETRY_POLICY.baseMs);
    await worker('second').sweep();

    expect(row(op)?.state).toBe('verified');
    expect(calendar.writes).toHaveLength(1);
    expect(said('operation taken over')).toBe(0);
  });

  test('takes up nothing more, although requests that end leave it room', async () => {
    const stop = new AbortController();
    const begun: (() => void)[] = [];
    const slow: Destination = {
      ...calendar,
      create: async (...write) => {
        await new Promise<void>((resolve) => begun.push(resolve));
        return calendar.create(...write);
      },
    };
    const ops = Array.from({ length: RUNNING_PER_DESTINATION_MAX + 5 }, accept);
    const engine = worker('first', [slow]);
    const stopped = engine.runUntil(stop.signal);
    await settled();
    expect(begun).toHaveLength(RUNNING_PER_DESTINATION_MAX);
    stop.abort();
    await settled();
    for (const end of begun) end();
    await stopped;
    for (const { op } of ops) await engine.wake(op);
    expect(begun).toHaveLength(RUNNING_PER_DESTINATION_MAX);
    expect(ops.filter((op) => row(op)?.state === 'accepted')).toHaveLength(5);
    expect(ledger.store.due(clock.epochMs(), 100)).toHaveLength(5);
  });
});

test('a ledger that cannot be written is tried once per sweep, and the worker goes on with what else it does', async () => {
  let claims = 0;
  const full: OpStore = {
    ...ledger.store,
    // Without this bound the test would not end where the worker does not pause.
    due: (...asked) => (claims > 100 ? [] : ledger.store.due(...asked)),
    claim: () => {
      claims += 1;
      throw new AppError('disk_full', 'claiming an operation failed');
    },
  };
  accept();
  await worker('first', [calendar], full).sweep();
  await settled();
  expect(claims).toBe(1);
});
