import { beforeEach, describe, expect, test } from 'vitest';
import { asCallId, asUtteranceId } from '../../../../src/base/ids.ts';
import type { IntentPayload, OpView } from '../../../../src/domain/writeback/intent.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createReconciler, type Reconciler } from '../../../../src/runtime/write-back/reconciler.ts';
import { createInboxDestination } from '../../../../src/adapters/destinations/inbox/inbox.ts';
import type { ReconcileScope } from '../../../../src/domain/writeback/reconcile.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createFakeNotifier, type FakeNotifier } from '../../../support/fake-notifier.ts';
import { createKeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleMessage } from '../../../support/writeback-samples.ts';

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let notifier: FakeNotifier;
let engine: WriteBackEngine;
let reconciler: Reconciler;
/** What the reconciler waits for, in order. */
let waits: number[];
let busy: boolean;
let calls = 0;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock);
  calendar = createFakeDestination();
  const log = createKeptLogger();
  notifier = createFakeNotifier(log);
  [waits, busy] = [[], false];
  const destinations = new Map([calendar, createInboxDestination(ledger.inbox, clock)].map((one) => [one.id, one]));
  engine = testEngine({
    store: ledger.store,
    destinations: [...destinations.values()],
    clock,
    log,
  });
  const hasty = {
    ...clock,
    sleep: (ms: number) => {
      waits.push(ms);
      clock.advance(ms);
      busy = false;
      return Promise.resolve();
    },
  };
  const parts = { store: ledger.reconcile, ops: ledger.store, destinations, isBusy: () => busy, notifier, clock: hasty, log };
  reconciler = createReconciler({ ...parts, tenant: 'demo', timeZone: () => 'Europe/Berlin' });
});

const say = (row: OpView, claim: 'committed' | 'failed'): void => {
  const said = { op: row.op, call: row.call, utterance: asUtteranceId(`u-${row.op}`), claim, opState: row.state };
  ledger.ledger.recordSaid({ ...said, audioStartedAtEpochMs: clock.epochMs() });
};
/** Agreed, written, and told to the caller. */
async function agreed(payload: IntentPayload = sampleBooking(), claim: 'committed' | 'failed' = 'committed'): Promise<OpView> {
  const { op } = ledger.ledger.accept({ call: asCallId(`call-${(calls += 1)}`), tenant: 'demo', seq: 1, payload });
  for (let rounds = 0; rounds < 5; rounds += 1) await engine.sweep();
  const row = ledger.ledger.get(op);
  if (row?.state !== 'verified') throw new Error(`not verified: ${row?.state}`);
  say(row, claim);
  return row;
}
const run = (scope: ReconcileScope = 'recent') => reconciler.run(scope, { signal: never });
const open = (): readonly string[] => ledger.ledger.findings({ open: true }).map(({ op, type }) => `${op} ${type}`);

describe('a comparison of what was said, the ledger and the destinations', () => {
  test('finds nothing where all agree, and looks at each record once', async () => {
    await agreed();
    await agreed(sampleMessage());
    expect(await run()).toMatchObject({ scope: 'recent', checked: 2, findings: 0, unreachable: 0 });
    expect(notifier.alerts).toEqual([]);
  });

  test('an appointment that a person deleted is told of once, until it is back', async () => {
    const row = await agreed();
    calendar.remove(row.key);
    await run();
    await run();
    expect(open()).toEqual([`${row.op} said_not_recorded`]);
    expect(notifier.alerts).toMatchObject([{ code: 'said_not_recorded', subject: `${row.op} in calendar` }]);
    calendar.addOwn(row.key, sampleBooking());
    await run();
    expect(open()).toEqual([]);
    calendar.remove(row.key);
    await run();
    expect(notifier.alerts).toHaveLength(2);
  });

  test('an alarming finding is looked at again however old its appointment is, and ends when a person has decided', async () => {
    const row = await agreed();
    calendar.remove(row.key);
    await run();
    clock.advance(40 * DAY_MS);
    expect(await run()).toMatchObject({ checked: 1, findings: 1 });
    ledger.ledger.resolve(row.op, { as: 'dropped', note: 'cancelled at the desk', by: 'anna' });
    expect(await run()).toMatchObject({ checked: 0, findings: 0 });
    expect(ledger.ledger.bearsOut({ op: row.op, fingerprint: row.fingerprint })).toBe(false);
  });

  test('what a person changed is a difference, and nobody is alarmed', async () => {
    const row = await agreed();
    calendar.edit(row.key, (payload) => (payload.kind === 'booking' ? { ...payload, name: 'Laura Becker-Lang' } : payload));
    await run();
    expect(open()).toEqual([`${row.op} field_diff`]);
    expect(notifier.alerts).toEqual([]);
  });

  test('what was moved or cancelled by its caller is looked at under the operation that did so', async () => {
    const row = await agreed();
    const moved = await agreed({ kind: 'reschedule', target: row.op, start: '2026-03-06T10:30:00+01:00' });
    expect(await run()).toMatchObject({ checked: 2, findings: 0 });
    await agreed({ kind: 'cancel', target: moved.op });
    expect(await run()).toMatchObject({ findings: 0 });
    expect(calendar.records()).toEqual([]);
  });

  test('an appointment that stands although its caller heard of a failure is found', async () => {
    const row = await agreed(sampleBooking(), 'failed');
    await run();
    expect(open()).toEqual([`${row.op} recorded_not_said`]);
    expect(notifier.alerts).toEqual([]);
  });

  test('a destination that is away is asked once in a run, and nothing is found or ended by that', async () => {
    const row = await agreed();
    await agreed(sampleBooking({ start: '2026-03-06T09:00:00+01:00' }));
    calendar.remove(row.key);
    await run();
    let asked = 0;
    const readBack = calendar.readBack;
    calendar.readBack = (...args) => {
      asked += 1;
      return readBack(...args);
    };
    calendar.down = 'destination_unreachable';
    expect(await run()).toMatchObject({ checked: 2, unreachable: 2, findings: 1 });
    expect(asked).toBe(1);
  });

  test('a record that shows up at the second look was never gone', async () => {
    const row = await agreed();
    const readBack = calendar.readBack;
    let looks = 0;
    calendar.readBack = (...args) => ((looks += 1) === 1 ? Promise.resolve({ type: 'absent' }) : readBack(...args));
    expect(await run()).toMatchObject({ findings: 0 });
    expect(looks).toBe(2);
    expect(waits).toContain(2000);
    expect(row.state).toBe('verified');
  });

  test('an appointment that is cancelled while it is looked for is not found to be missing', async () => {
    const row = await agreed();
    const readBack = calendar.readBack;
    calendar.readBack = async (...args) => {
      calendar.readBack = readBack;
      await agreed({ kind: 'cancel', target: row.op });
      return readBack(...args);
    };
    expect(await run()).toMatchObject({ findings: 0 });
  });

  test('it waits while operations are under way, and while some are due', async () => {
    await agreed();
    busy = true;
    await run();
    expect(waits).toEqual([250]);
  });
});

describe('a full comparison', () => {
  test('looks at every appointment to come, and at the last days', async () => {
    const ahead = await agreed(sampleBooking({ start: '2026-04-20T09:00:00+02:00' }));
    await agreed(sampleBooking({ start: '2026-03-03T09:00:00+01:00' }));
    clock.advance(20 * DAY_MS);
    expect(await run('recent')).toMatchObject({ checked: 0 });
    expect(await run('full')).toMatchObject({ checked: 1, findings: 0 });
    calendar.remove(ahead.key);
    await run('full');
    expect(open()).toEqual([`${ahead.op} said_not_recorded`]);
  });

  test('finds a record of ours that the ledger does not know, until it is gone; those of another installation are left alone', async () => {
    const payload = sampleBooking({ start: '2026-03-09T09:00:00+01:00' });
    calendar.addOwn('v1.demo.lost.1.booking', payload);
    calendar.addOwn('v1.other.lost.1.booking', sampleBooking({ start: '2026-03-09T11:00:00+01:00' }));
    await run('full');
    expect(open()).toEqual(['v1.demo.lost.1.booking orphan_remote']);
    expect(notifier.alerts).toMatchObject([{ code: 'record_orphan' }]);
    await run('recent');
    expect(open()).toHaveLength(1);
    calendar.remove('v1.demo.lost.1.booking');
    await run('full');
    expect(open()).toEqual([]);
  });

  test('finds two records of one key, and does not end that by a look at one of them', async () => {
    const row = await agreed();
    calendar.addOwn(row.key, sampleBooking());
    await run('full');
    await run('recent');
    expect(open()).toEqual([`${row.op} duplicate`]);
    expect(notifier.alerts).toMatchObject([{ code: 'record_duplicate' }]);
  });

  test('a calendar that cannot be listed ends nothing', async () => {
    calendar.addOwn('v1.demo.lost.1.booking', sampleBooking({ start: '2026-03-09T09:00:00+01:00' }));
    await run('full');
    calendar.down = 'destination_unreachable';
    expect(await run('full')).toMatchObject({ findings: 1, unreachable: 1 });
  });

  test('tells of many findings little by little', async () => {
    for (let hour = 8; hour < 20; hour += 1)
      calendar.addOwn(`v1.demo.lost.${hour}.booking`, sampleBooking({ start: `2026-03-09T${String(hour).padStart(2, '0')}:00:00+01:00` }));
    await run('full');
    expect(notifier.alerts).toHaveLength(10);
    await run();
    expect(notifier.alerts).toHaveLength(12);
  });
});

describe('the schedule of comparisons', () => {
  test('one run at a time, in the order of asking; what was run last is in the ledger', async () => {
    await Promise.all([run('full'), run('recent'), run('full')]);
    expect(ledger.ledger.lastReconciliation('full')).toMatchObject({ scope: 'full' });
    expect(ledger.ledger.lastReconciliation('recent')).toMatchObject({ scope: 'recent' });
  });

  test('a worker that has just started waits, makes up for the night, and then looks every two minutes', async () => {
    const stop = new AbortController();
    await agreed();
    const startedAt = clock.epochMs();
    const ended: string[] = [];
    const add = ledger.reconcile.addReconciliation;
    ledger.reconcile.addReconciliation = (view) => {
      add(view);
      ended.push(`${view.scope} after ${Math.round((view.startedAtEpochMs - startedAt) / 60_000)} minutes`);
      if (ended.length === 3) stop.abort();
    };
    await reconciler.runUntil(stop.signal);
    expect(ended).toEqual(['full after 2 minutes', 'recent after 4 minutes', 'recent after 6 minutes']);
  });

  test('a request that hangs does not keep the worker from ending', async () => {
    const stop = new AbortController();
    await agreed();
    calendar.readBack = () => {
      stop.abort();
      return new Promise(() => undefined);
    };
    await reconciler.runUntil(stop.signal);
    expect(ledger.ledger.lastReconciliation('full')).toBeNull();
  });

  test('ends when it is told to, and a run that is asked for afterwards is refused', async () => {
    const stop = new AbortController();
    stop.abort();
    await reconciler.runUntil(stop.signal);
    await expect(reconciler.run('full', { signal: stop.signal })).rejects.toThrow();
  });
});
