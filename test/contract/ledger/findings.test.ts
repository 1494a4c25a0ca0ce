import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asCallId, asUtteranceId } from '../../../src/base/ids.ts';
import type { IntentPayload, OpState, OpView } from '../../../src/domain/writeback/intent.ts';
import type { CandidateQuery } from '../../../src/ports/reconcile-store.ts';
import { createFakeLedger, type FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let clock: ManualClock;
let subject: FakeLedger;
let calls = 0;
const folder = temporaryFolder();
let serial = 0;

describe.each([
  ['fake', () => createFakeLedger(clock)],
  ['SQLite', () => openRealLedger(`${folder.path}/${(serial += 1)}`, clock)],
])('the ledger as the reconciler sees it (%s)', (_name, open) => {
  beforeEach(() => {
    clock = createManualClock();
    subject = open();
  });
  afterEach(() => subject.ledger.close());

  const ended = (payload: IntentPayload = sampleBooking(), state: OpState = 'verified'): OpView => {
    const row = subject.ledger.accept(sampleIntent(payload, { call: asCallId(`call-${(calls += 1)}`) }));
    const nowEpochMs = clock.epochMs();
    const claimed = subject.store.claim(row.op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
    if (claimed === null) throw new Error('not claimed');
    const verifiedAtEpochMs = state === 'verified' ? nowEpochMs : null;
    subject.store.save(row.op, claimed.epoch, { progress: { ...claimed.progress, state, verifiedAtEpochMs }, atEpochMs: nowEpochMs });
    return row;
  };
  const say = (row: OpView, claim: 'committed' | 'failed'): void => {
    const said = { op: row.op, call: row.call, utterance: asUtteranceId('u1'), claim, opState: 'verified' } as const;
    subject.ledger.recordSaid({ ...said, audioStartedAtEpochMs: clock.epochMs() });
  };
  const listed = (parts: Partial<CandidateQuery> = {}): readonly string[] => {
    const query = {
      scope: 'recent',
      sinceEpochMs: clock.epochMs() - 30 * MINUTE_MS,
      aheadEpochMs: clock.epochMs(),
      after: null,
      limit: 50,
    } as const;
    return subject.reconcile.candidates({ ...query, ...parts }).candidates.map(({ op }) => op);
  };
  const conclude = (
    row: Pick<OpView, 'op'>,
    verdict: Parameters<typeof subject.reconcile.conclude>[0]['verdict'],
    isListed = false,
  ): boolean => subject.reconcile.conclude({ op: row.op, destination: 'calendar', verdict, listed: isListed }, clock.epochMs());
  const types = (): readonly string[] => subject.ledger.findings({ open: true }).map(({ type }) => type);

  test('recent is what was verified or said a moment ago, and what is alarming however old it is', () => {
    const old = ended();
    const lost = ended();
    const edited = ended();
    conclude(lost, 'said_not_recorded');
    conclude(edited, 'field_diff');
    clock.advance(31 * MINUTE_MS);
    const fresh = ended();
    ended(sampleBooking(), 'rejected');
    say(old, 'committed');
    expect(listed()).toEqual([old.op, lost.op, fresh.op]);
    expect(subject.reconcile.candidates({ scope: 'recent', sinceEpochMs: 0, aheadEpochMs: 0, after: null, limit: 1 })).toMatchObject({
      candidates: [{ op: old.op, key: old.key, destination: 'calendar', payload: { kind: 'booking' } }],
      next: old.op,
    });
    expect(listed({ after: lost.op })).toEqual([fresh.op]);
  });

  test('full has every appointment that lies ahead, wherever it was moved to, beside what is recent', () => {
    const ahead = ended(sampleBooking({ start: '2026-04-20T09:00:00+02:00' }));
    const over = ended(sampleBooking({ start: '2026-03-03T09:00:00+01:00' }));
    const moved = ended({ kind: 'reschedule', target: over.op, start: '2026-04-21T09:00:00+02:00' });
    clock.advance(20 * DAY_MS);
    expect(listed()).toEqual([]);
    expect(listed({ scope: 'full' })).toEqual([ahead.op, moved.op]);
  });

  test('the facts of an operation name what was heard, and what was done with it since', () => {
    const row = ended();
    say(row, 'committed');
    const cancel = ended({ kind: 'cancel', target: row.op }, 'rejected');
    expect(subject.reconcile.facts(row.op)).toEqual({
      state: 'verified',
      role: 'pivot',
      later: ['rejected'],
      heard: ['committed'],
      toldSince: false,
    });
    const task = subject.ledger.addTask({ op: cancel.op, call: cancel.call, reason: 'callback', summary: 'call back' });
    expect(subject.reconcile.facts(cancel.op)?.toldSince).toBe(false);
    subject.ledger.finishTask(task.id);
    expect(subject.reconcile.facts(cancel.op)?.toldSince).toBe(true);
    expect(subject.reconcile.statesOf(row.key)).toEqual(['verified']);
    expect(subject.reconcile.statesOf('v1.demo.nobody.1.booking')).toEqual([]);
  });

  test('a task that is finished because its operation is opened again has told nobody anything', () => {
    const row = ended(sampleBooking(), 'needs_human');
    clock.advance(10);
    subject.store.addTasksForStuck(clock.epochMs());
    clock.advance(10);
    subject.ledger.retry(row.op, 'anna');
    expect(subject.ledger.tasks({ open: true })).toEqual([]);
    expect(subject.reconcile.facts(row.op)?.toldSince).toBe(false);
  });

  test('nothing is found about what a person has decided meanwhile', () => {
    const row = ended(sampleBooking(), 'needs_human');
    subject.ledger.resolve(row.op, { as: 'done', note: 'entered by hand', by: 'anna' });
    expect(conclude(row, 'said_not_recorded')).toBe(false);
    expect(types()).toEqual([]);
  });

  test('a finding is new once, is kept while it lasts, and begins anew when it comes back', () => {
    const row = ended();
    expect(conclude(row, 'said_not_recorded')).toBe(true);
    const found = clock.epochMs();
    subject.reconcile.markAlerted({ op: row.op, type: 'said_not_recorded' }, found);
    clock.advance(1000);
    expect(conclude(row, 'said_not_recorded')).toBe(false);
    expect(conclude(row, 'unreachable')).toBe(false);
    expect(subject.ledger.findings({ open: true })).toMatchObject([
      { foundAtEpochMs: found, seenAtEpochMs: found + 1000, alertedAtEpochMs: found },
    ]);
    expect(subject.reconcile.unalerted(10)).toEqual([]);
    expect(conclude(row, 'ok')).toBe(false);
    expect(types()).toEqual([]);
    expect(subject.ledger.findings({ open: false })).toMatchObject([{ op: row.op, endedAtEpochMs: found + 1000 }]);
    clock.advance(1000);
    expect(conclude(row, 'said_not_recorded')).toBe(true);
    expect(subject.reconcile.unalerted(10)).toMatchObject([{ op: row.op, foundAtEpochMs: found + 2000, call: row.call }]);
  });

  test('one thing is wrong with a record at a time, but for a second copy of it', () => {
    const row = ended();
    conclude(row, 'duplicate', true);
    conclude(row, 'field_diff');
    expect(types().toSorted()).toEqual(['duplicate', 'field_diff']);
    expect(subject.reconcile.unalerted(10).map(({ type }) => type)).toEqual(['duplicate']);
    conclude(row, 'ok');
    expect(types()).toEqual(['duplicate']);
    conclude(row, 'ok', true);
    expect(subject.reconcile.openFindings()).toBe(0);
  });

  test('a difference that is not come across any more ends; a record without an operation stays', () => {
    conclude(ended(), 'field_diff');
    subject.reconcile.conclude(
      { op: 'v1.demo.x.1.booking', destination: 'calendar', verdict: 'orphan_remote', listed: true },
      clock.epochMs(),
    );
    clock.advance(DAY_MS);
    subject.reconcile.endUnseen(clock.epochMs() - 1, clock.epochMs());
    expect(subject.reconcile.orphans()).toMatchObject([{ op: 'v1.demo.x.1.booking', call: null }]);
    expect(types()).toEqual(['orphan_remote']);
  });

  test('the last run of each scope is known', () => {
    expect(subject.reconcile.lastReconciliation('recent')).toBeNull();
    const run = { startedAtEpochMs: 1, endedAtEpochMs: 2, checked: 3, findings: 4, unreachable: 0 };
    subject.reconcile.addReconciliation({ scope: 'recent', ...run });
    subject.reconcile.addReconciliation({ scope: 'full', ...run, checked: 9 });
    subject.reconcile.addReconciliation({ scope: 'recent', ...run, checked: 5 });
    expect(subject.reconcile.lastReconciliation('recent')).toEqual({ scope: 'recent', ...run, checked: 5 });
    expect(subject.ledger.lastReconciliation('full')).toEqual({ scope: 'full', ...run, checked: 9 });
  });

  test('operations come page by page, oldest first, from a moment on', () => {
    const ops = [1, 2, 3, 4, 5].map((seq) => {
      clock.advance(1000);
      return subject.ledger.accept(sampleIntent(sampleBooking(), { seq })).op;
    });
    const first = subject.ledger.page({ sinceEpochMs: clock.epochMs() - 3000, after: null, limit: 2 });
    expect(first.rows.map(({ op }) => op)).toEqual(ops.slice(1, 3));
    const second = subject.ledger.page({ sinceEpochMs: 0, after: first.next, limit: 10 });
    expect(second.rows.map(({ op }) => op)).toEqual(ops.slice(3));
    expect(second.next).toBeNull();
  });
});
