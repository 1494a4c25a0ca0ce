import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asCallId, asOpId, asUtteranceId } from '../../../src/base/ids.ts';
import { isFinal } from '../../../src/domain/writeback/reduce-op.ts';
import type { IntentPayload, OpState, OpView } from '../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS, type ConfirmationChannel, type Plans } from '../../../src/domain/writeback/plan.ts';
import { createFakeLedger, type FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { refusalOf } from '../../support/refusal-of.ts';
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
const LEASE_MS = 3000;
const PROMISE_MS = 600_000;
const BY = 'anna';

let clock: ManualClock;
let subject: FakeLedger;
const folder = temporaryFolder();
let serial = 0;

describe.each([
  ['fake', (plans: Plans) => createFakeLedger(clock, createPlanner(plans, [SMS]))],
  ['SQLite', (plans: Plans) => openRealLedger(`${folder.path}/${(serial += 1)}`, clock, { planner: createPlanner(plans, [SMS]) })],
])('what people decide about the ledger (%s)', (_name, open) => {
  beforeEach(() => {
    clock = createManualClock();
    subject = open(DEFAULT_PLANS);
  });
  afterEach(() => subject.ledger.close());
  const end = (row: OpView, state: OpState): void => {
    const nowEpochMs = clock.epochMs();
    const claimed = subject.store.claim(row.op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
    if (claimed === null) throw new Error(`${row.op} may not be carried out`);
    const verified = state === 'verified' ? { verifiedAtEpochMs: nowEpochMs } : {};
    const progress = { ...claimed.progress, state, attempts: 1, ...verified };
    const attempt = { phase: 'write', startedAtEpochMs: nowEpochMs, endedAtEpochMs: nowEpochMs, outcome: 'unknown', code: null } as const;
    expect(subject.store.save(row.op, claimed.epoch, { progress, atEpochMs: nowEpochMs, attempt })).toBe(true);
    if (!isFinal(state)) subject.store.release(row.op, claimed.epoch);
  };
  const ended = (state: OpState, payload: IntentPayload = sampleBooking()): OpView => {
    const row = subject.ledger.accept(sampleIntent(payload));
    end(row, state);
    return row;
  };
  const stateOf = ({ op }: OpView): OpState | undefined => subject.ledger.get(op)?.state;
  const due = (): readonly string[] => subject.store.due(clock.epochMs(), 10);

  describe('retry', () => {
    test.each(['dead', 'needs_human', 'rejected'] as const)('opens what is %s again under the same key, due now', (state) => {
      const row = ended(state);
      expect(due()).toEqual([]);
      const opened = subject.ledger.retry(row.op, BY);
      expect(opened).toMatchObject({ op: row.op, key: row.key, state: 'accepted', attempts: 1, errorCode: null });
      expect(due()).toEqual([row.op]);
      expect(subject.ledger.history(row.op)?.attempts).toMatchObject([
        { phase: 'write' },
        { phase: 'retry', outcome: 'reopened', code: BY },
      ]);
      end(row, 'verified');
      expect(stateOf(row)).toBe('verified');
    });

    test.each(['conflict', 'verified', 'compensated', 'unknown'] as const)('leaves what is %s as it is', (state) => {
      const row = ended(state);
      expect(refusalOf(() => subject.ledger.retry(row.op, BY))).toMatchObject({ code: 'operation_state_wrong' });
      expect(stateOf(row)).toBe(state);
    });

    test('names an operation that does not exist', () => {
      expect(refusalOf(() => subject.ledger.retry(asOpId('none'), BY))).toMatchObject({ code: 'not_found' });
    });

    test('finishes the task of the operation; if it fails once more there is one new task', () => {
      const row = ended('needs_human', sampleMessage());
      expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(1);
      subject.ledger.retry(row.op, BY);
      expect(subject.ledger.tasks({ open: true })).toEqual([]);
      clock.advance(10);
      end(row, 'needs_human');
      clock.advance(10);
      expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(1);
      expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
      expect(subject.ledger.tasks({ open: true })).toMatchObject([{ op: row.op, reason: 'needs_human' }]);
    });

    test('whoever heard of a failure, or nothing, is promised to hear what comes of it', () => {
      const row = ended('rejected');
      subject.ledger.retry(row.op, BY);
      expect(subject.ledger.promises({ open: true })).toMatchObject([{ op: row.op, channel: 'human_task' }]);
    });

    test('opens the promise of the operation again, with its confirmation, and it ends in one of both', () => {
      const row = subject.ledger.accept(sampleIntent(sampleBooking({ phone: '+4915155501234' })));
      subject.ledger.openPromise(row.op, clock.epochMs() + PROMISE_MS);
      end(row, 'dead');
      expect(subject.store.endPromise(row.op, { state: 'handed_to_human', reason: 'needs_human' }, clock.epochMs())).toBe(true);
      clock.advance(60_000);
      subject.ledger.retry(row.op, BY);
      expect(subject.ledger.tasks({ open: true })).toEqual([]);
      expect(subject.ledger.promises({ open: true })).toMatchObject([{ op: row.op, deadlineEpochMs: clock.epochMs() + PROMISE_MS }]);
      end(row, 'verified');
      expect(subject.store.openPromises(10)).toMatchObject([{ opState: 'verified', confirmation: 'held' }]);
      expect(subject.store.endPromise(row.op, { state: 'handed_to_human', reason: 'confirm_booking' }, clock.epochMs())).toBe(true);
      expect(subject.ledger.tasks({ open: true })).toMatchObject([{ op: row.op, reason: 'confirm_booking' }]);
    });

    test('a worker that still holds the operation has lost it', () => {
      const row = subject.ledger.accept(sampleIntent());
      const nowEpochMs = clock.epochMs();
      const claimed = subject.store.claim(row.op, { owner: 'old', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
      if (claimed === null) throw new Error('not claimed');
      const progress = { ...claimed.progress, state: 'dead' } as const;
      subject.store.save(row.op, claimed.epoch, { progress, atEpochMs: nowEpochMs });
      subject.ledger.retry(row.op, BY);
      expect(subject.store.save(row.op, claimed.epoch, { progress, atEpochMs: nowEpochMs })).toBe(false);
      expect(subject.store.renew(row.op, claimed.epoch, nowEpochMs + LEASE_MS)).toBe(false);
      expect(stateOf(row)).toBe('accepted');
    });
  });

  describe('retry in a plan', () => {
    beforeEach(() => {
      subject.ledger.close();
      subject = open(PLANS);
    });
    const byStep = (step: string, role?: OpView['role']): OpView => {
      const rows = subject.ledger.list({ limit: 100 });
      const found = rows.find((row) => row.step === step && (role === undefined ? row.role !== 'undo' : row.role === role));
      if (found === undefined) throw new Error(`there is no ${step}`);
      return found;
    };
    const failedPlan = (): OpView => {
      const pivot = subject.ledger.accept(sampleIntent());
      end(byStep('contact'), 'verified');
      end(pivot, 'rejected');
      end(byStep('contact', 'undo'), 'verified');
      return pivot;
    };

    test('what was taken back and what was dropped begin anew, in the order of the plan, and the pivot stands in the end', () => {
      const pivot = failedPlan();
      subject.ledger.retry(pivot.op, BY);
      expect(due()).toEqual([byStep('contact').op]);
      end(byStep('contact'), 'verified');
      expect(due()).toEqual([pivot.op]);
      end(pivot, 'verified');
      expect(due()).toEqual([byStep('note').op]);
      end(byStep('note'), 'verified');
      expect(
        subject.ledger
          .list({ limit: 100 })
          .filter(({ role }) => role !== 'undo')
          .map(({ state }) => state),
      ).toEqual(['verified', 'verified', 'verified']);
      expect(subject.ledger.history(pivot.op)).toMatchObject({ plan: { state: 'done', steps: PLANS.booking } });
    });

    test('a plan that fails a second time is taken back a second time', () => {
      const pivot = failedPlan();
      subject.ledger.retry(pivot.op, BY);
      end(byStep('contact'), 'verified');
      end(pivot, 'rejected');
      const undos = subject.ledger.list({ limit: 100 }).filter(({ role }) => role === 'undo');
      expect(new Set(undos.map(({ key }) => key)).size).toBe(2);
      expect(stateOf(byStep('contact'))).toBe('compensating');
    });

    test('nothing is opened while the plan is being taken back, and an undo decides for itself', () => {
      const pivot = subject.ledger.accept(sampleIntent());
      end(byStep('contact'), 'verified');
      end(pivot, 'rejected');
      expect(refusalOf(() => subject.ledger.retry(pivot.op, BY))).toMatchObject({ code: 'operation_state_wrong' });
      end(byStep('contact', 'undo'), 'rejected');
      expect(refusalOf(() => subject.ledger.retry(byStep('contact', 'undo').op, BY))).toMatchObject({ code: 'operation_state_wrong' });
    });
  });

  describe('resolve', () => {
    const decision = { as: 'done', note: 'Entered by hand for Laura Becker.', by: BY } as const;

    test.each(['needs_human', 'dead', 'rejected', 'conflict'] as const)(
      'done by hand: what is %s stays so, and is no task any more',
      (state) => {
        const row = ended(state);
        subject.store.addTasksForStuck(clock.epochMs());
        expect(subject.ledger.resolve(row.op, decision)).toMatchObject({ ...decision, op: row.op, state });
        expect(stateOf(row)).toBe(state);
        expect(subject.ledger.bearsOut({ op: row.op, fingerprint: row.fingerprint })).toBe(false);
        expect(subject.ledger.tasks({ open: true })).toEqual([]);
        expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
        expect(subject.ledger.promiseUntold({ live: [] }, clock.epochMs())).toEqual([]);
        expect(subject.ledger.history(row.op)?.resolution).toMatchObject({ note: decision.note, by: BY });
      },
    );

    test('dropped: what was never sent is compensated', () => {
      const row = ended('dead');
      expect(subject.ledger.resolve(row.op, { ...decision, as: 'dropped' }).state).toBe('compensated');
    });

    test('what a person has decided is not opened again: it may have been entered by hand', () => {
      const row = ended('needs_human');
      subject.ledger.resolve(row.op, decision);
      expect(refusalOf(() => subject.ledger.retry(row.op, BY))).toMatchObject({ code: 'operation_state_wrong' });
    });

    test.each(['accepted', 'unknown', 'committed'] as const)('what is %s is the worker’s, and is not decided by a person', (state) => {
      const row = subject.ledger.accept(sampleIntent());
      if (state !== 'accepted') end(row, state);
      expect(refusalOf(() => subject.ledger.resolve(row.op, decision))).toMatchObject({ code: 'operation_state_wrong' });
      expect(stateOf(row)).toBe(state);
    });

    test('an open promise ends with it, and its confirmation is never sent', () => {
      const row = subject.ledger.accept(sampleIntent(sampleBooking({ phone: '+4915155501234' })));
      subject.ledger.openPromise(row.op, clock.epochMs() + PROMISE_MS);
      end(row, 'needs_human');
      subject.ledger.resolve(row.op, decision);
      expect(subject.ledger.promises({ open: true })).toEqual([]);
      expect(subject.ledger.history(row.op)?.steps.find(({ role }) => role === 'confirmation')).toMatchObject({ state: 'compensated' });
    });

    test('a record that is gone: dropping it ends the finding, and nobody is told any more that it stands', () => {
      const row = ended('verified');
      const gone = { op: row.op, destination: 'calendar', verdict: 'said_not_recorded', listed: false } as const;
      expect(refusalOf(() => subject.ledger.resolve(row.op, decision))).toMatchObject({ code: 'operation_state_wrong' });
      expect(subject.reconcile.conclude(gone, clock.epochMs())).toBe(true);
      expect(subject.ledger.resolve(row.op, { ...decision, as: 'dropped' }).state).toBe('compensated');
      expect(subject.ledger.findings({ open: true })).toEqual([]);
      expect(subject.ledger.bearsOut({ op: row.op, fingerprint: row.fingerprint })).toBe(false);
      expect(subject.reconcile.facts(row.op)).toBeNull();
    });

    test('a record without an operation is resolved by its key', () => {
      const orphan = { op: 'v1.demo.x.1.booking', destination: 'calendar', verdict: 'orphan_remote', listed: true } as const;
      expect(refusalOf(() => subject.ledger.resolve(orphan.op, decision))).toMatchObject({ code: 'not_found' });
      subject.reconcile.conclude(orphan, clock.epochMs());
      expect(subject.ledger.resolve(orphan.op, decision)).toMatchObject({ state: null, op: orphan.op, note: decision.note });
      expect(subject.ledger.findings({ open: true })).toEqual([]);
      expect(subject.reconcile.statesOf(orphan.op)).toBeNull();
    });
  });

  describe('looking up', () => {
    test('a history has what was said, promised, tried and found', () => {
      const row = ended('verified');
      const said = {
        op: row.op,
        call: asCallId('call-1'),
        utterance: asUtteranceId('u1'),
        claim: 'committed',
        opState: 'verified',
      } as const;
      subject.ledger.recordSaid({ ...said, audioStartedAtEpochMs: clock.epochMs() });
      subject.ledger.openPromise(row.op, clock.epochMs() + PROMISE_MS);
      subject.reconcile.conclude({ op: row.op, destination: 'calendar', verdict: 'field_diff', listed: false }, clock.epochMs());
      expect(subject.ledger.history(row.op)).toMatchObject({
        op: { op: row.op, state: 'verified' },
        plan: null,
        steps: [{ op: row.op }],
        said: [said],
        promise: { op: row.op, state: 'open', channel: 'human_task' },
        attempts: [{ phase: 'write', outcome: 'unknown' }],
        findings: [{ op: row.op, call: 'call-1', type: 'field_diff', endedAtEpochMs: null }],
        resolution: null,
      });
      expect(subject.ledger.history(asOpId('none'))).toBeNull();
    });
  });
});
