import { beforeEach, describe, expect, test } from 'vitest';
import { asCallId, asOpId, asUtteranceId, type OpId } from '../../../src/base/ids.ts';
import type { OpPayload, OpView } from '../../../src/domain/writeback/intent.ts';
import { reduceOp, type OpEvent } from '../../../src/domain/writeback/reduce-op.ts';
import { RETRY_POLICY } from '../../../src/domain/writeback/retry.ts';
import { bothLedgers } from '../../support/both-ledgers.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

const LEASE_MS = 3000;
const PHONE = '+493055501234';
const timing = { visibilityDelayMs: 0, maxInflightMs: 0, exactlyOnce: 'guaranteed', retry: RETRY_POLICY } as const;

const given = bothLedgers();
let subject: FakeLedger;

const claim = (op: OpId, owner = 'worker-a') =>
  subject.store.claim(op, { owner, nowEpochMs: given.clock.epochMs(), untilEpochMs: given.clock.epochMs() + LEASE_MS });

/** Takes an operation through events as the engine would. */
function carryOut(op: OpId, events: readonly OpEvent[], readBack?: OpPayload): void {
  const claimed = claim(op);
  if (claimed === null) throw new Error('not claimable');
  let { progress } = claimed;
  for (const event of events) {
    progress = reduceOp(progress, event, timing);
    expect(
      subject.store.save(op, claimed.epoch, {
        progress,
        atEpochMs: event.atEpochMs,
        ...(readBack === undefined ? {} : { trace: { readBack } }),
      }),
    ).toBe(true);
  }
  subject.store.release(op, claimed.epoch);
}

function verify(row: OpView, readBack: OpPayload = row.payload): void {
  const atEpochMs = given.clock.epochMs();
  carryOut(
    row.op,
    [
      { type: 'write.begun', atEpochMs },
      { type: 'write.answered', atEpochMs, jitter: 0, result: { type: 'committed', remoteId: 'remote', etag: null } },
      { type: 'read_back.answered', atEpochMs, jitter: 0, outcome: 'matches', code: null },
    ],
    readBack,
  );
}

describe.each(given.kinds)('ledger (%s)', (_name, open) => {
  beforeEach(() => {
    subject = open();
  });

  test('accepting the same intent again returns the row that exists', () => {
    const first = subject.ledger.accept(sampleIntent());
    given.clock.advance(1000);
    expect(subject.ledger.accept(sampleIntent())).toEqual(first);
    expect(first).toMatchObject({
      state: 'accepted',
      attempts: 0,
      key: 'v1.demo.call-1.1.booking',
      destination: 'calendar',
      payload: sampleBooking(),
      readBack: null,
    });
    expect(subject.ledger.get(first.op)).toEqual(first);
  });

  test('the same key with another content is refused and changes nothing', () => {
    const first = subject.ledger.accept(sampleIntent());
    expect(() => subject.ledger.accept(sampleIntent(sampleBooking({ name: 'Someone Else' })))).toThrowError(
      expect.objectContaining({ code: 'key_reused' }),
    );
    expect(subject.ledger.get(first.op)).toEqual(first);
    expect(subject.ledger.get(asOpId('nothing'))).toBeNull();
  });

  test('lists rows newest first, by call when asked', () => {
    const a = subject.ledger.accept(sampleIntent());
    given.clock.advance(1);
    const b = subject.ledger.accept(sampleIntent(sampleMessage(), { seq: 2 }));
    given.clock.advance(1);
    const c = subject.ledger.accept(sampleIntent(sampleBooking(), { call: asCallId('call-2') }));
    const ids = (rows: readonly OpView[]) => rows.map(({ op }) => op);
    expect(ids(subject.ledger.list({ limit: 10 }))).toEqual([c.op, b.op, a.op]);
    expect(ids(subject.ledger.list({ call: asCallId('call-1'), limit: 10 }))).toEqual([b.op, a.op]);
    expect(ids(subject.ledger.list({ limit: 1 }))).toEqual([c.op]);
  });

  test('a proof is borne out only by a verified row with the same fingerprint', () => {
    const row = subject.ledger.accept(sampleIntent());
    const proof = { op: row.op, fingerprint: row.fingerprint };
    expect(subject.ledger.bearsOut(proof)).toBe(false);
    verify(row, sampleBooking({ reason: null }));
    expect(subject.ledger.bearsOut(proof)).toBe(true);
    expect(subject.ledger.bearsOut({ ...proof, fingerprint: 'another' })).toBe(false);
    expect(subject.ledger.get(row.op)).toMatchObject({
      state: 'verified',
      attempts: 1,
      readBack: sampleBooking(),
      verifiedAtEpochMs: given.clock.epochMs(),
    });
  });

  test('what was said is recorded once per utterance', () => {
    const { op, call, state } = subject.ledger.accept(sampleIntent());
    const row = { op, call, utterance: asUtteranceId('u1'), claim: 'will_confirm', opState: state, audioStartedAtEpochMs: 5 } as const;
    subject.ledger.recordSaid(row);
    expect(() => subject.ledger.recordSaid(row)).not.toThrow();
  });

  test('a lease keeps others out until it runs out, and its epoch is a fence', () => {
    const { op } = subject.ledger.accept(sampleIntent());
    expect(subject.store.due(given.clock.epochMs(), 10)).toEqual([op]);
    const first = claim(op, 'worker-a');
    expect(first).toMatchObject({ takenOver: false, epoch: 1 });
    expect(claim(op, 'worker-b')).toBeNull();
    expect(subject.store.due(given.clock.epochMs(), 10)).toEqual([]);
    given.clock.advance(LEASE_MS);
    const second = claim(op, 'worker-b');
    expect(second).toMatchObject({ takenOver: true, epoch: 2 });
    if (first === null || second === null) throw new Error('no lease');
    expect(subject.store.renew(op, first.epoch, given.clock.epochMs() + LEASE_MS)).toBe(false);
    expect(subject.store.save(op, first.epoch, { progress: { ...first.progress, attempts: 99 }, atEpochMs: given.clock.epochMs() })).toBe(
      false,
    );
    expect(subject.store.renew(op, second.epoch, given.clock.epochMs() + LEASE_MS)).toBe(true);
    subject.store.release(op, first.epoch);
    expect(claim(op, 'worker-c')).toBeNull();
    subject.store.release(op, second.epoch);
    expect(subject.store.renew(op, second.epoch, given.clock.epochMs() + LEASE_MS)).toBe(false);
    expect(claim(op, 'worker-c')).toMatchObject({ takenOver: false, epoch: 3 });
    expect(subject.ledger.get(op)?.attempts).toBe(0);
  });

  test('a row that is not due or is decided cannot be claimed', () => {
    const row = subject.ledger.accept(sampleIntent());
    const atEpochMs = given.clock.epochMs();
    carryOut(row.op, [
      { type: 'write.begun', atEpochMs },
      { type: 'write.answered', atEpochMs, jitter: 0.5, result: { type: 'retry', code: 'destination_unreachable', afterMs: 5000 } },
    ]);
    expect(claim(row.op)).toBeNull();
    given.clock.advance(5000);
    expect(subject.store.due(given.clock.epochMs(), 10)).toEqual([row.op]);
    verify(row);
    expect(subject.store.due(given.clock.epochMs() + 1e9, 10)).toEqual([]);
    expect(claim(row.op)).toBeNull();
    expect(subject.store.countByState()).toEqual({ verified: 1 });
  });

  test('a promise is opened once and ends in exactly one task', () => {
    const row = subject.ledger.accept(sampleIntent());
    const opened = subject.ledger.openPromise(row.op, 1000);
    expect(subject.ledger.openPromise(row.op, 9999)).toEqual(opened);
    expect(opened).toEqual({ op: row.op, deadlineEpochMs: 1000, channel: 'human_task', state: 'open' });
    expect(subject.store.openPromises(10)).toEqual([{ promise: opened, opState: 'accepted', confirmation: null }]);
    const end = { state: 'kept', reason: 'confirm_booking' } as const;
    expect(subject.store.endPromise(row.op, end, given.clock.epochMs())).toBe(true);
    expect(subject.store.endPromise(row.op, end, given.clock.epochMs())).toBe(false);
    expect(subject.ledger.promises({ open: true })).toEqual([]);
    expect(subject.ledger.promises({ open: false })).toEqual([{ ...opened, state: 'kept' }]);
    const tasks = subject.ledger.tasks({ open: true });
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({ op: row.op, call: row.call, reason: 'confirm_booking', doneAtEpochMs: null });
    expect(tasks[0]?.summary).toContain('Laura Becker');
  });

  test('a task is listed until it is done', () => {
    const task = subject.ledger.addTask({ op: null, call: asCallId('call-1'), reason: 'callback', summary: 'wants to talk' });
    expect(subject.ledger.tasks({ open: true })).toEqual([task]);
    given.clock.advance(10);
    expect(subject.ledger.finishTask(task.id)).toEqual({ ...task, doneAtEpochMs: given.clock.epochMs() });
    expect(subject.ledger.tasks({ open: true })).toEqual([]);
    expect(subject.ledger.tasks({ open: false })).toHaveLength(1);
    expect(() => subject.ledger.finishTask('no-task')).toThrowError(expect.objectContaining({ code: 'not_found' }));
  });

  test('an operation given up without a promise gets one task for a person', () => {
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row.op, [{ type: 'age.exceeded', atEpochMs: given.clock.epochMs() }]);
    expect(subject.store.addTasksForStuck(given.clock.epochMs())).toBe(1);
    expect(subject.store.addTasksForStuck(given.clock.epochMs())).toBe(0);
    expect(subject.ledger.tasks({ open: true })).toMatchObject([{ op: row.op, reason: 'needs_human' }]);
  });

  // The worker gave it to a person in the instant in which the daemon promised the caller an answer: two people called back.
  test('a promise for what is a task of a person already ends without a second one', () => {
    const row = subject.ledger.accept(sampleIntent());
    carryOut(row.op, [{ type: 'age.exceeded', atEpochMs: given.clock.epochMs() }]);
    expect(subject.store.addTasksForStuck(given.clock.epochMs())).toBe(1);
    subject.ledger.openPromise(row.op, given.clock.epochMs() + 1000);
    expect(subject.store.endPromise(row.op, { state: 'handed_to_human', reason: 'needs_human' }, given.clock.epochMs())).toBe(true);
    expect(subject.ledger.tasks({ open: false })).toHaveLength(1);
    expect(subject.ledger.promises({ open: true })).toEqual([]);
  });

  test('a message stands once in the inbox, under the key of its operation', () => {
    const row = subject.ledger.accept(sampleIntent(sampleMessage()));
    const stored = subject.inbox.put(row.key, sampleMessage(), 77);
    expect(subject.inbox.put(row.key, sampleMessage(), 99)).toEqual(stored);
    expect(subject.inbox.put(row.key, sampleMessage({ text: 'another' }), 99)).toBeNull();
    expect(subject.inbox.find(row.key)?.payload).toEqual(sampleMessage());
    const { kind: _kind, ...content } = sampleMessage();
    expect(subject.ledger.messages()).toEqual([{ ...content, id: stored?.id, op: row.op, call: row.call, receivedAtEpochMs: 77 }]);
    subject.inbox.remove(row.key);
    expect(subject.inbox.find(row.key)).toBeNull();
  });

  test('the bookings of a number are those that stand: verified, not moved, not cancelled', () => {
    const first = subject.ledger.accept(sampleIntent());
    subject.ledger.accept(sampleIntent(sampleBooking({ start: '2026-03-06T10:30:00+01:00' }), { seq: 2 }));
    expect(subject.ledger.bookingsOf(PHONE)).toEqual([]);
    verify(first);
    expect(subject.ledger.bookingsOf(PHONE).map(({ op }) => op)).toEqual([first.op]);
    expect(subject.ledger.bookingsOf('+493000000000')).toEqual([]);
    const moved = subject.ledger.accept(
      sampleIntent({ kind: 'reschedule', target: first.op, start: '2026-03-09T09:00:00+01:00' }, { seq: 3 }),
    );
    verify(moved, sampleBooking({ start: '2026-03-09T09:00:00+01:00' }));
    expect(subject.ledger.bookingsOf(PHONE)).toMatchObject([{ op: moved.op, readBack: { start: '2026-03-09T09:00:00+01:00' } }]);
    expect(subject.store.record(moved.op)?.held).toMatchObject({ start: '2026-03-09T09:00:00+01:00' });
    verify(subject.ledger.accept(sampleIntent({ kind: 'cancel', target: moved.op }, { seq: 4 })));
    expect(subject.ledger.bookingsOf(PHONE)).toEqual([]);
  });

  test('a record tells what changes it, in the order in which that was asked for', () => {
    const row = subject.ledger.accept(sampleIntent());
    const cancelled = subject.ledger.accept(sampleIntent({ kind: 'cancel', target: row.op }, { seq: 2 }));
    const moved = subject.ledger.accept(
      sampleIntent({ kind: 'reschedule', target: row.op, start: '2026-03-09T09:00:00+01:00' }, { seq: 3 }),
    );
    verify(cancelled);
    expect(subject.store.record(row.op)?.changes).toEqual([
      { op: cancelled.op, kind: 'cancel', state: 'verified' },
      { op: moved.op, kind: 'reschedule', state: 'accepted' },
    ]);
    expect(subject.store.record(moved.op)?.changes).toEqual([]);
  });
});
