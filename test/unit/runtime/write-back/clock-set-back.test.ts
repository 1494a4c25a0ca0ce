/**
 * A clock that is set back by an hour made everything that waited for a moment wait an hour longer: a repeat, a look for what may have been
 * sent, an operation whose worker had died. The caller had been promised a confirmation.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../../../src/base/clock.ts';
import type { OpView } from '../../../../src/domain/writeback/intent.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createKeptLogger, type KeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleIntent } from '../../../support/writeback-samples.ts';

const HOUR_MS = 3_600_000;
const SWEEP_EVERY_MS = 500;
const WITHIN_MS = 10_000;

let time: ManualClock;
let setBackMs: number;
let ledger: FakeLedger;
let calendar: FakeDestination;
let log: KeptLogger;
let clock: Clock;

beforeEach(() => {
  time = createManualClock();
  setBackMs = 0;
  clock = { ...time, epochMs: () => time.epochMs() - setBackMs };
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
  log = createKeptLogger();
});

const worker = (owner: string): WriteBackEngine =>
  testEngine({
    store: ledger.store,
    destinations: [calendar],
    clock,
    random: () => 0.9,
    log,
    owner,
  });
async function works(engine: WriteBackEngine): Promise<void> {
  for (let passedMs = 0; passedMs < WITHIN_MS; passedMs += SWEEP_EVERY_MS) {
    await engine.sweep();
    time.advance(SWEEP_EVERY_MS);
  }
}
const stateOf = ({ op }: OpView): string | undefined => ledger.ledger.get(op)?.state;

describe('an operation, while the clock is set back by an hour,', () => {
  test.each(['lost_before', 'lost_after', 'destination_unreachable'] as const)(
    'is carried out within seconds after a write that was %s',
    async (fault) => {
      calendar.faults.push(fault);
      const row = ledger.ledger.accept(sampleIntent());
      const engine = worker('worker');
      await engine.sweep();
      expect(stateOf(row)).not.toBe('verified');
      setBackMs = HOUR_MS;
      await works(engine);
      expect(stateOf(row)).toBe('verified');
      expect(calendar.records()).toHaveLength(1);
      expect(log.lines).toContainEqual({ level: 'warn', message: 'clock was set back' });
    },
  );

  test('is carried out within seconds also by the next worker, which did not see that', async () => {
    calendar.faults.push('lost_before');
    const row = ledger.ledger.accept(sampleIntent());
    await worker('first').sweep();
    setBackMs = HOUR_MS;
    await works(worker('second'));
    expect(stateOf(row)).toBe('verified');
  });

  test('waits as long as it should when nothing was set back', async () => {
    calendar.faults.push('destination_unreachable');
    const row = ledger.ledger.accept(sampleIntent());
    await worker('first').sweep();
    await worker('second').sweep();
    expect(stateOf(row)).toBe('sending');
    expect(log.lines.map(({ message }) => message)).not.toContain('clock was set back');
  });
});
