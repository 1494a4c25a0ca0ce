import { beforeEach, describe, expect, test } from 'vitest';
import type { OpView } from '../../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS, type ConfirmationChannel } from '../../../../src/domain/writeback/plan.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleIntent } from '../../../support/writeback-samples.ts';

const SMS: ConfirmationChannel = {
  channel: 'sms',
  destination: 'sms',
  reaches: /^\+49/,
  subject: 'S',
  text: '{service}',
  when: (start) => start,
};
const PLANS = {
  ...DEFAULT_PLANS,
  booking: [
    { name: 'contact', kind: 'contact', destination: 'crm' },
    { name: 'booking', kind: 'booking', destination: 'calendar' },
    { name: 'note', kind: 'note', destination: 'crm' },
  ],
} as const;

let clock: ManualClock;
let ledger: FakeLedger;
let calendar: FakeDestination;
let crm: FakeDestination;
let sms: FakeDestination;
let engine: WriteBackEngine;

beforeEach(() => {
  clock = createManualClock();
  ledger = createFakeLedger(clock, createPlanner(PLANS, [SMS]));
  [calendar, crm, sms] = [createFakeDestination('calendar'), createFakeDestination('crm'), createFakeDestination('sms')];
  engine = testEngine({
    store: ledger.store,
    destinations: [calendar, crm, sms],
    clock,
  });
});

/** Sweeps until nothing moves any more, with time passing between. */
async function settle(): Promise<void> {
  for (let rounds = 0; rounds < 30; rounds += 1) {
    await engine.sweep();
    clock.advance(500);
  }
}
const rows = (): readonly OpView[] => ledger.ledger.list({ limit: 50 });
const states = (): Readonly<Record<string, string>> =>
  Object.fromEntries(rows().map(({ step, role, state }) => [role === 'undo' ? `undo ${step}` : (step ?? 'alone'), state]));
const kindsIn = (destination: FakeDestination): readonly string[] =>
  destination
    .records()
    .map(({ kind }) => kind)
    .toSorted();

describe('a booking with a contact before and a note after it', () => {
  test('writes all three, each once', async () => {
    ledger.ledger.accept(sampleIntent());
    await settle();
    expect(states()).toEqual({ contact: 'verified', booking: 'verified', note: 'verified' });
    expect([kindsIn(crm), kindsIn(calendar)]).toEqual([['contact', 'note'], ['booking']]);
  });

  test('goes on at once after each step: nobody waits for a sweep', async () => {
    const { op } = ledger.ledger.accept(sampleIntent());
    const [contact] = rows().filter(({ step }) => step === 'contact');
    await engine.wake(contact?.op ?? op);
    for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
    expect(states()).toMatchObject({ booking: 'verified', note: 'verified' });
  });

  test('takes its contact back when the slot is taken, and leaves no task', async () => {
    calendar.addForeign('2026-03-05T10:30:00+01:00', 30);
    ledger.ledger.accept(sampleIntent());
    await settle();
    expect(states()).toEqual({ contact: 'compensated', 'undo contact': 'verified', booking: 'conflict', note: 'compensated' });
    expect([kindsIn(crm), kindsIn(calendar)]).toEqual([[], []]);
    expect(ledger.ledger.tasks({ open: true })).toEqual([]);
  });

  test('finds whom the practice entered itself, writes no second contact and takes theirs never away', async () => {
    await crm.create(
      'entered-by-hand',
      { kind: 'contact', name: 'LAURA BECKER', phone: '+493055501234' },
      { signal: new AbortController().signal },
    );
    calendar.addForeign('2026-03-05T10:30:00+01:00', 30);
    ledger.ledger.accept(sampleIntent());
    await settle();
    expect(states()).toMatchObject({ contact: 'compensated', booking: 'conflict' });
    expect(kindsIn(crm)).toEqual(['contact']);
    ledger.ledger.accept(sampleIntent(sampleBooking({ start: '2026-03-09T10:30:00+01:00' }), { seq: 2 }));
    await settle();
    expect(kindsIn(crm)).toEqual(['contact', 'note']);
  });

  test('uses the contact of an earlier call, also when a person has corrected it since', async () => {
    ledger.ledger.accept(sampleIntent());
    await settle();
    const [contact] = crm.writes;
    if (contact !== undefined)
      crm.edit(contact, (payload) => (payload.kind === 'contact' ? { ...payload, name: 'Laura Becker-Klein' } : payload));
    ledger.ledger.accept(sampleIntent(sampleBooking({ start: '2026-03-09T10:30:00+01:00' }), { seq: 2 }));
    await settle();
    expect(rows().filter(({ state }) => state !== 'verified')).toEqual([]);
    expect(kindsIn(crm)).toEqual(['contact', 'note', 'note']);
    expect(crm.records()).toContainEqual(expect.objectContaining({ name: 'Laura Becker-Klein' }));
  });

  test('waits for the system of its contact while that is down, and comes to its end once it is back', async () => {
    crm.down = 'destination_unreachable';
    ledger.ledger.accept(sampleIntent());
    await settle();
    expect(states()).toMatchObject({ contact: 'sending', booking: 'accepted' });
    expect(kindsIn(calendar)).toEqual([]);
    crm.down = null;
    await settle();
    expect(states()).toMatchObject({ contact: 'verified', booking: 'verified', note: 'verified' });
  });

  test('keeps a promise by one text message once the appointment stands', async () => {
    calendar.down = 'destination_unreachable';
    const { op } = ledger.ledger.accept(sampleIntent());
    ledger.ledger.openPromise(op, clock.epochMs() + 3_600_000);
    await settle();
    expect(sms.records()).toEqual([]);
    calendar.down = null;
    await settle();
    expect(sms.records()).toMatchObject([{ kind: 'notice', to: '+493055501234', text: 'a check-up' }]);
    expect(ledger.ledger.promises({ open: false })).toMatchObject([{ state: 'kept', channel: 'sms' }]);
    expect(ledger.ledger.tasks({ open: true })).toEqual([]);
  });

  test('hands a promise to a person, once, when its message cannot be sent', async () => {
    sms.down = 'destination_unreachable';
    const { op } = ledger.ledger.accept(sampleIntent());
    ledger.ledger.openPromise(op, clock.epochMs() + 4000);
    await settle();
    sms.down = null;
    await settle();
    expect(sms.records()).toEqual([]);
    expect(ledger.ledger.tasks({ open: true })).toMatchObject([{ reason: 'confirm_booking' }]);
  });
});
