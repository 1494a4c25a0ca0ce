import { beforeEach, describe, expect, test } from 'vitest';
import { asCallId, asUtteranceId, type OpId } from '../../../src/base/ids.ts';
import type { IntentPayload, OpState, OpView } from '../../../src/domain/writeback/intent.ts';
import { promiseStep } from '../../../src/domain/writeback/promise-rule.ts';
import type { SaidRow } from '../../../src/ports/ledger.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

const CALL = asCallId('call-1');
const EVERYBODY = { live: [] } as const;
const DEADLINE = Date.UTC(2026, 5, 1);

const given = bothLedgers();
let subject: FakeLedger;

/** A request as the worker left it. */
function left(state: OpState, payload: IntentPayload = sampleBooking(), call = CALL): OpView {
  const row = subject.ledger.accept(sampleIntent(payload, { call }));
  const nowEpochMs = given.clock.epochMs();
  const claimed = subject.store.claim(row.op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
  if (claimed === null) throw new Error('not claimable');
  subject.store.save(row.op, claimed.epoch, { progress: { ...claimed.progress, state }, atEpochMs: nowEpochMs });
  subject.store.release(row.op, claimed.epoch);
  return row;
}

const tell = (op: OpId, claim: SaidRow['claim'], opState: OpState): void =>
  subject.ledger.recordSaid({ op, call: CALL, utterance: asUtteranceId('u1'), claim, opState, audioStartedAtEpochMs: 0 });

/** What the worker does with promises. */
function endPromises(): void {
  const now = given.clock.epochMs();
  for (const { promise, opState, confirmation } of subject.store.openPromises(10)) {
    const step = promiseStep({ op: opState, confirmation, deadlineEpochMs: promise.deadlineEpochMs }, now);
    if (step.type === 'end') subject.store.endPromise(promise.op, step, now);
  }
  subject.store.addTasksForStuck(now);
}

const look = (): readonly OpId[] => subject.ledger.promiseUntold(EVERYBODY, DEADLINE);
const reasons = () => subject.ledger.tasks({ open: false }).map(({ op, reason }) => [op, reason]);

describe.each(given.kinds)('requests whose fate nobody heard (%s)', (_name, open) => {
  beforeEach(() => {
    subject = open();
  });

  test.each([
    ['conflict', 'conflict_after_promise'],
    ['rejected', 'needs_human'],
    ['compensated', 'needs_human'],
    ['dead', 'needs_human'],
    ['needs_human', 'needs_human'],
    ['verified', 'confirm_booking'],
  ] as const)('one that ended as %s gets one task, however often it is looked for', (state, reason) => {
    const { op } = left(state);
    expect(look()).toEqual([op]);
    expect(subject.ledger.promises({ open: true })).toMatchObject([{ op, deadlineEpochMs: DEADLINE, state: 'open' }]);
    expect(look()).toEqual([]);
    for (let starts = 0; starts < 3; starts += 1) {
      endPromises();
      expect(look()).toEqual([]);
    }
    expect(reasons()).toEqual([[op, reason]]);
  });

  test('one that a person was given already stays with that one task', () => {
    const { op } = left('dead');
    subject.store.addTasksForStuck(given.clock.epochMs());
    expect(look()).toEqual([]);
    endPromises();
    expect(reasons()).toEqual([[op, 'needs_human']]);
  });

  test('one that is still under way gets its promise now and its task when it is decided', () => {
    const { op } = left('unknown');
    expect(look()).toEqual([op]);
    endPromises();
    expect(reasons()).toEqual([]);
    expect(subject.ledger.promises({ open: true })).toMatchObject([{ op }]);
  });

  test('what was told is owed to nobody', () => {
    tell(left('verified').op, 'committed', 'verified');
    tell(left('conflict', sampleBooking({ name: 'Omar Khan' }), asCallId('call-2')).op, 'failed', 'conflict');
    const promised = left('unknown', sampleBooking(), asCallId('call-3')).op;
    subject.ledger.openPromise(promised, 1);
    tell(promised, 'will_confirm', 'unknown');
    expect(look()).toEqual([]);
    expect(subject.ledger.promises({ open: false })).toMatchObject([{ op: promised, deadlineEpochMs: 1 }]);
  });

  test('a failure that was told before the request went through is not what became of it', () => {
    const { op } = left('verified');
    tell(op, 'failed', 'unknown');
    expect(look()).toEqual([op]);
  });

  test('a confirmation counts until the request ends otherwise', () => {
    tell(left('committed').op, 'committed', 'verified');
    expect(look()).toEqual([]);
    const { op } = left('compensated', sampleBooking(), asCallId('call-2'));
    tell(op, 'committed', 'verified');
    expect(look()).toEqual([op]);
  });

  test('a delivered message is before a person already; one that was refused is not', () => {
    left('verified', sampleMessage());
    const refused = left('rejected', sampleMessage(), asCallId('call-2'));
    expect(look()).toEqual([refused.op]);
  });

  test('calls that go on are left alone, and one call is looked at by itself', () => {
    const first = left('conflict');
    const second = left('conflict', sampleBooking(), asCallId('call-2'));
    const third = left('conflict', sampleBooking(), asCallId('call-3'));
    expect(subject.ledger.promiseUntold({ live: [CALL, third.call] }, DEADLINE)).toEqual([second.op]);
    expect(subject.ledger.promiseUntold({ over: third.call }, DEADLINE)).toEqual([third.op]);
    expect(look()).toEqual([first.op]);
  });
});
