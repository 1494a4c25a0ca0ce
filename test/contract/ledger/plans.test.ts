import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isFinal } from '../../../src/domain/writeback/reduce-op.ts';
import type { OpState, OpView } from '../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS, type ConfirmationChannel, type Plans } from '../../../src/domain/writeback/plan.ts';
import { createFakeLedger, type FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

const PLANS: Plans = {
  ...DEFAULT_PLANS,
  booking: [
    { name: 'contact', kind: 'contact', destination: 'crm' },
    { name: 'booking', kind: 'booking', destination: 'calendar' },
    { name: 'note', kind: 'note', destination: 'crm' },
  ],
};
const SMS: ConfirmationChannel = {
  channel: 'sms',
  destination: 'sms',
  reaches: /^\+4915/,
  subject: 'Your appointment',
  text: 'Booked: {service}, {when}.',
  when: (start) => start.slice(0, 16),
};
const MOBILE = '+4915155501234';
const LEASE_MS = 3000;

let clock: ManualClock;
let subject: FakeLedger;
const folder = temporaryFolder();
let serial = 0;

describe.each([
  ['fake', () => createFakeLedger(clock, createPlanner(PLANS, [SMS]))],
  ['SQLite', () => openRealLedger(`${folder.path}/${(serial += 1)}`, clock, { planner: createPlanner(PLANS, [SMS]) })],
])('plans in the ledger (%s)', (_name, open) => {
  beforeEach(() => {
    clock = createManualClock();
    subject = open();
  });
  afterEach(() => subject.ledger.close());

  const rows = (): readonly OpView[] => subject.ledger.list({ limit: 100 }).toReversed();
  const byStep = (step: string, role: OpView['role'] = step === 'booking' ? 'pivot' : step === 'note' ? 'after' : 'before'): OpView => {
    const found = rows()
      .filter((row) => row.step === step && row.role === role)
      .at(-1);
    if (found === undefined) throw new Error(`there is no ${step}`);
    return found;
  };
  /** Ends an operation that may be carried out, as the worker would. */
  const end = (row: OpView, state: OpState, remoteId?: string): void => {
    const nowEpochMs = clock.epochMs();
    const claimed = subject.store.claim(row.op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
    if (claimed === null) throw new Error(`${row.step} may not be carried out`);
    const trace = remoteId === undefined ? {} : { trace: { remoteId } };
    expect(subject.store.save(row.op, claimed.epoch, { progress: { ...claimed.progress, state }, atEpochMs: nowEpochMs, ...trace })).toBe(
      true,
    );
    if (!isFinal(state)) subject.store.release(row.op, claimed.epoch);
  };
  const due = (): readonly string[] =>
    subject.store.due(clock.epochMs(), 10).map((op) => {
      const row = subject.ledger.get(op);
      return `${row?.role === 'undo' ? 'undo ' : ''}${row?.step ?? row?.kind}`;
    });

  test('an intent becomes all its steps at once, in order, and the pivot is what the caller asked for', () => {
    const row = subject.ledger.accept(sampleIntent());
    expect(row).toMatchObject({ kind: 'booking', step: 'booking', role: 'pivot', key: 'v1.demo.call-1.1.booking' });
    expect(
      rows()
        .map(({ step, destination, kind }) => [step, destination, kind])
        .toSorted((a, b) => (a.join() < b.join() ? -1 : 1)),
    ).toEqual([
      ['booking', 'calendar', 'booking'],
      ['contact', 'crm', 'contact'],
      ['note', 'crm', 'note'],
    ]);
    expect(subject.ledger.accept(sampleIntent()).op).toBe(row.op);
    expect(rows()).toHaveLength(3);
    expect(due()).toEqual(['contact']);
  });

  test('each step waits for the one before it, and learns where that one lies', () => {
    subject.ledger.accept(sampleIntent());
    end(byStep('contact'), 'verified', 'crm-7');
    expect(due()).toEqual(['booking']);
    end(byStep('booking'), 'verified');
    expect(due()).toEqual(['note']);
    const nowEpochMs = clock.epochMs();
    const note = subject.store.claim(byStep('note').op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1 });
    expect(note?.links).toEqual({ contact: 'crm-7' });
  });

  test('a step that waits for its turn grows no older meanwhile', () => {
    subject.ledger.accept(sampleIntent());
    clock.advance(LEASE_MS);
    end(byStep('contact'), 'verified');
    expect(byStep('booking')).toMatchObject({ acceptedAtEpochMs: clock.epochMs() });
  });

  test('a slot that is taken takes the contact back and drops the note', () => {
    subject.ledger.accept(sampleIntent());
    end(byStep('contact'), 'verified', 'crm-7');
    end(byStep('booking'), 'conflict');
    expect(byStep('note')).toMatchObject({ state: 'compensated', errorCode: 'plan_ended' });
    expect(byStep('contact').state).toBe('compensating');
    expect(due()).toEqual(['undo contact']);
    expect(subject.store.record(byStep('contact').op)).toMatchObject({ held: { kind: 'contact', name: 'Laura Becker' } });
    end(byStep('contact', 'undo'), 'verified');
    expect(byStep('contact').state).toBe('compensated');
    expect(due()).toEqual([]);
    expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
  });

  test('what could not be taken back is one task for a person', () => {
    subject.ledger.accept(sampleIntent());
    end(byStep('contact'), 'verified');
    end(byStep('booking'), 'rejected');
    end(byStep('contact', 'undo'), 'conflict');
    expect(byStep('contact')).toMatchObject({ state: 'needs_human', errorCode: 'undo_failed' });
    expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(1);
    expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
  });

  test('the same person is one contact: what an earlier call relies on is not taken back', () => {
    const again = sampleIntent(sampleBooking({ start: '2026-03-09T10:30:00+01:00', name: 'laura becker' }), { seq: 2 });
    subject.ledger.accept(sampleIntent());
    const first = subject.store.claim(byStep('contact').op, { owner: 'w', nowEpochMs: clock.epochMs(), untilEpochMs: clock.epochMs() });
    if (first !== null) subject.store.release(first.op, first.epoch);
    end(byStep('contact'), 'verified');
    end(byStep('booking'), 'verified');
    clock.advance(1);
    subject.ledger.accept(again);
    const contact = byStep('contact');
    const second = subject.store.claim(contact.op, { owner: 'w', nowEpochMs: clock.epochMs(), untilEpochMs: clock.epochMs() });
    expect(second?.key).toBe(first?.key);
    if (second !== null) subject.store.release(second.op, second.epoch);
    end(contact, 'verified');
    end(byStep('booking'), 'conflict');
    expect(byStep('contact').state).toBe('verified');
  });

  test('the same person is one contact: what a later call is about to rely on is not taken back', () => {
    subject.ledger.accept(sampleIntent());
    end(byStep('contact'), 'verified');
    const [first, pivot] = [byStep('contact'), byStep('booking')];
    clock.advance(1);
    subject.ledger.accept(sampleIntent(sampleBooking({ start: '2026-03-09T10:30:00+01:00' }), { seq: 2 }));
    const nowEpochMs = clock.epochMs();
    const claimed = subject.store.claim(byStep('contact').op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
    if (claimed === null) throw new Error('the second contact may not be carried out');
    expect(claimed.op).not.toBe(first.op);
    end(pivot, 'conflict');
    expect(subject.ledger.get(first.op)?.state).toBe('verified');
    expect(subject.store.isBeingTakenBack(claimed)).toBe(false);
  });

  test('a contact that is being taken back is known to those who would rely on it', () => {
    subject.ledger.accept(sampleIntent());
    end(byStep('contact'), 'verified');
    end(byStep('booking'), 'conflict');
    subject.ledger.accept(sampleIntent(sampleBooking({ start: '2026-03-09T10:30:00+01:00' }), { seq: 2 }));
    const nowEpochMs = clock.epochMs();
    const claimed = subject.store.claim(byStep('contact').op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs });
    if (claimed === null) throw new Error('the second contact may not be carried out');
    expect(subject.store.isBeingTakenBack(claimed)).toBe(true);
    end(byStep('contact', 'undo'), 'verified');
    expect(subject.store.isBeingTakenBack(claimed)).toBe(false);
  });

  test('a pivot that a person has to look at takes nothing back', () => {
    subject.ledger.accept(sampleIntent());
    end(byStep('contact'), 'verified');
    end(byStep('booking'), 'needs_human');
    expect(byStep('contact').state).toBe('verified');
    expect(byStep('note').state).toBe('compensated');
  });

  // One that the system refused for good was nobody's business: neither caller nor promise speaks of it.
  test.each(['dead', 'needs_human', 'rejected', 'conflict'] as const)(
    'a note that is %s is a task and leaves the appointment alone',
    (state) => {
      subject.ledger.accept(sampleIntent());
      end(byStep('contact'), 'verified');
      end(byStep('booking'), 'verified');
      end(byStep('note'), state);
      expect(byStep('booking').state).toBe('verified');
      expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(1);
      expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
    },
  );

  test('an intent that says too little for a step goes without it', () => {
    const row = subject.ledger.accept(sampleIntent(sampleMessage({ phone: null, name: null })));
    expect(rows()).toHaveLength(1);
    expect(row).toMatchObject({ step: null, role: 'pivot', destination: 'inbox' });
  });

  test('a promise to a mobile number is confirmed by one message, sent when the appointment stands', () => {
    const row = subject.ledger.accept(sampleIntent(sampleBooking({ phone: MOBILE })));
    expect(subject.ledger.openPromise(row.op, clock.epochMs() + 60_000)).toMatchObject({ channel: 'sms', state: 'open' });
    expect(subject.ledger.openPromise(row.op, 1)).toMatchObject({ channel: 'sms' });
    const notices = (): readonly OpView[] => rows().filter(({ kind }) => kind === 'notice');
    expect(notices()).toMatchObject([
      { role: 'confirmation', destination: 'sms', payload: { to: MOBILE, text: 'Booked: a check-up, 2026-03-05T10:30.' } },
    ]);
    expect(due()).toEqual(['contact']);
    expect(subject.store.openPromises(10)).toMatchObject([{ opState: 'accepted', confirmation: 'held' }]);
    subject.store.sendConfirmation(row.op, clock.epochMs());
    expect(subject.store.openPromises(10)).toMatchObject([{ confirmation: 'accepted' }]);
    const [notice] = notices();
    if (notice !== undefined) end(notice, 'verified');
    expect(subject.store.endPromise(row.op, { state: 'kept', reason: null }, clock.epochMs())).toBe(true);
    expect(subject.store.endPromise(row.op, { state: 'kept', reason: null }, clock.epochMs())).toBe(false);
    expect(subject.ledger.tasks({ open: true })).toEqual([]);
  });

  test('a promise that ends with a task never sends its message as well; one on its way has to be waited for', () => {
    const row = subject.ledger.accept(sampleIntent(sampleBooking({ phone: MOBILE })));
    subject.ledger.openPromise(row.op, 1);
    const toPerson = { state: 'handed_to_human', reason: 'confirm_booking' } as const;
    subject.store.sendConfirmation(row.op, clock.epochMs());
    const notice = (): OpView => rows().find(({ kind }) => kind === 'notice') ?? row;
    end(notice(), 'unknown');
    expect(subject.store.endPromise(row.op, toPerson, clock.epochMs())).toBe(false);
    end(notice(), 'needs_human');
    expect(subject.store.endPromise(row.op, toPerson, clock.epochMs())).toBe(true);

    const other = subject.ledger.accept(sampleIntent(sampleBooking({ phone: MOBILE }), { seq: 2 }));
    subject.ledger.openPromise(other.op, 1);
    expect(subject.store.endPromise(other.op, toPerson, clock.epochMs())).toBe(true);
    expect(
      rows()
        .filter(({ kind }) => kind === 'notice')
        .map(({ state }) => state),
    ).toEqual(['needs_human', 'compensated']);
    expect(subject.ledger.tasks({ open: true })).toHaveLength(2);
    expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
  });
});
