/**
 * Decisions of people that came to nothing, or too late. An appointment was given up while the message that confirms it waited for its
 * gateway: the caller was told that it stands. A contact that could not be taken back was tried again although its plan had ended: it was
 * dropped at once, its task was gone, and the ledger held it for taken back.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { isFinal } from '../../../src/domain/writeback/reduce-op.ts';
import type { OpState, OpView } from '../../../src/domain/writeback/intent.ts';
import { createPlanner, DEFAULT_PLANS } from '../../../src/domain/writeback/plan.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { refusalOf } from '../../support/refusal-of.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

const planner = createPlanner(
  {
    ...DEFAULT_PLANS,
    booking: [
      { name: 'contact', kind: 'contact', destination: 'crm' },
      { name: 'booking', kind: 'booking', destination: 'calendar' },
      { name: 'note', kind: 'note', destination: 'crm' },
    ],
  },
  [{ channel: 'sms', destination: 'sms', reaches: /^\+49/, subject: 'S', text: '{service}', when: (start) => start }],
);
const LEASE_MS = 3000;
const PROMISE_MS = 600_000;
const BY = 'anna';
const GIVEN_UP = { as: 'dropped', note: 'She has called us since.', by: BY } as const;

const given = bothLedgers(planner);

describe.each(given.kinds)('a decision of a person (%s)', (_name, open) => {
  let subject: FakeLedger;
  let clock: ManualClock;
  beforeEach(() => {
    clock = given.clock;
    subject = open();
  });

  const byRole = (role: OpView['role']): OpView => {
    const found = subject.ledger.list({ limit: 20 }).find((row) => row.role === role);
    if (found === undefined) throw new Error(`there is no ${role}`);
    return found;
  };
  const claimed = ({ op }: OpView) => {
    const nowEpochMs = clock.epochMs();
    const claim = subject.store.claim(op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + LEASE_MS });
    if (claim === null) throw new Error('not claimable');
    return claim;
  };
  const end = (row: OpView, state: OpState): void => {
    const { epoch, progress } = claimed(row);
    expect(subject.store.save(row.op, epoch, { progress: { ...progress, state }, atEpochMs: clock.epochMs() })).toBe(true);
    if (!isFinal(state)) subject.store.release(row.op, epoch);
  };

  /** The appointment stands, and its confirmation may be sent; then a person takes it out of the calendar. */
  const goneBeforeTold = (): OpView => {
    const pivot = subject.ledger.accept(sampleIntent());
    subject.ledger.openPromise(pivot.op, clock.epochMs() + PROMISE_MS);
    end(byRole('before'), 'verified');
    end(pivot, 'verified');
    subject.store.sendConfirmation(pivot.op, clock.epochMs());
    subject.reconcile.conclude({ op: pivot.op, destination: 'calendar', verdict: 'said_not_recorded', listed: false }, clock.epochMs());
    return pivot;
  };

  test('that gives an appointment up calls off the confirmation that waits for its gateway', () => {
    const pivot = goneBeforeTold();
    end(byRole('confirmation'), 'sending');
    subject.ledger.resolve(pivot.op, GIVEN_UP);
    expect(byRole('confirmation')).toMatchObject({ state: 'compensated', errorCode: 'promise_ended' });
    expect(subject.ledger.promises({ open: true })).toEqual([]);
  });

  test('calls off also the one that a worker has taken up and not begun to send', () => {
    const pivot = goneBeforeTold();
    const { epoch, progress } = claimed(byRole('confirmation'));
    subject.ledger.resolve(pivot.op, GIVEN_UP);
    expect(subject.store.save(byRole('confirmation').op, epoch, { progress: { ...progress, state: 'sending' }, atEpochMs: 1 })).toBe(false);
    expect(byRole('confirmation').state).toBe('compensated');
  });

  test('leaves a confirmation alone that may have been sent', () => {
    const pivot = goneBeforeTold();
    const { epoch, progress, op } = claimed(byRole('confirmation'));
    const begun = { ...progress, state: 'sending', sentAtEpochMs: clock.epochMs() } as const;
    subject.store.save(op, epoch, { progress: begun, atEpochMs: clock.epochMs() });
    subject.ledger.resolve(pivot.op, GIVEN_UP);
    expect(byRole('confirmation').state).toBe('sending');
  });

  test('that comes before the worker has made a task leaves none to be made', () => {
    subject.ledger.accept(sampleIntent());
    end(byRole('before'), 'needs_human');
    subject.ledger.resolve(byRole('before').op, GIVEN_UP);
    expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
    expect(subject.ledger.tasks({ open: false })).toEqual([]);
  });

  test('has no task beside the promise that will end in one', () => {
    const pivot = subject.ledger.accept(sampleIntent());
    subject.ledger.openPromise(pivot.op, clock.epochMs() + PROMISE_MS);
    end(byRole('before'), 'verified');
    end(pivot, 'needs_human');
    expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
  });

  test('to try a step again is refused when its plan has ended with another one', () => {
    const pivot = subject.ledger.accept(sampleIntent());
    end(byRole('before'), 'verified');
    end(pivot, 'conflict');
    end(byRole('undo'), 'conflict');
    expect(byRole('before').state).toBe('needs_human');
    expect(refusalOf(() => subject.ledger.retry(byRole('before').op, BY))).toMatchObject({ code: 'operation_state_wrong' });
    expect(byRole('before').state).toBe('needs_human');
  });

  test('to try a note again is refused when the appointment has been given up since', () => {
    const pivot = goneBeforeTold();
    end(byRole('after'), 'dead');
    subject.ledger.resolve(pivot.op, GIVEN_UP);
    expect(refusalOf(() => subject.ledger.retry(byRole('after').op, BY))).toMatchObject({ code: 'operation_state_wrong' });
    expect([byRole('after').state, byRole('before').state]).toEqual(['dead', 'verified']);
  });
});
