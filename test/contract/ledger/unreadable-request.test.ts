/**
 * Keys that were put back from an older copy lack those of the people who called since. One request of theirs kept all promises from their
 * end, and every other request that needed a person from its task: what could not be read ended each look at them.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/adapters/sqlite/database.ts';
import { subjectKeysPath } from '../../../src/adapters/sqlite/subject-keys.ts';
import { asCallId } from '../../../src/base/ids.ts';
import type { OpView } from '../../../src/domain/writeback/intent.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { ledgerKeyFile, openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';

let clock: ManualClock;
let folder: ReturnType<typeof temporaryFolder>;
let subject: FakeLedger;

beforeEach(() => {
  clock = createManualClock();
  folder = temporaryFolder();
  subject = openRealLedger(folder.path, clock);
});
afterEach(() => {
  subject.ledger.close();
  folder.remove();
});

/** A request that needs a person. */
function stuck(call: string, phone: string): OpView {
  const row = subject.ledger.accept(sampleIntent(sampleBooking({ phone }), { call: asCallId(call) }));
  const nowEpochMs = clock.epochMs();
  const claimed = subject.store.claim(row.op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
  if (claimed === null) throw new Error('not claimable');
  subject.store.save(row.op, claimed.epoch, { progress: { ...claimed.progress, state: 'needs_human' }, atEpochMs: nowEpochMs });
  return row;
}

/** As if the keys were those of a copy from before anybody called. */
function loseKeys(): void {
  const db = openDatabase({ path: subjectKeysPath(ledgerKeyFile(folder.path)), migrations: [{ version: 1, sql: '' }], busyMs: 1000 });
  db.exec(`DELETE FROM subject_key WHERE subject LIKE 'person:%'`);
  db.close();
}

test('a request that cannot be read is a task like any other, and holds up no other', () => {
  const lost = stuck('lost', '+493055501111');
  loseKeys();
  const sound = stuck('sound', '+493055502222');
  expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(2);
  const summaryOf = ({ op }: OpView): string | undefined => subject.ledger.tasks({ open: true }).find((task) => task.op === op)?.summary;
  expect(summaryOf(lost)).toContain('cannot be read');
  expect(summaryOf(sound)).toContain('Laura Becker');
  expect(subject.store.addTasksForStuck(clock.epochMs())).toBe(0);
});

test('a promise about a request that cannot be read ends in a task', () => {
  const lost = stuck('lost', '+493055501111');
  subject.ledger.openPromise(lost.op, clock.epochMs() + 1000);
  loseKeys();
  expect(subject.store.endPromise(lost.op, { state: 'handed_to_human', reason: 'needs_human' }, clock.epochMs())).toBe(true);
  expect(subject.ledger.tasks({ open: true })).toMatchObject([{ op: lost.op, summary: expect.stringContaining('cannot be read') }]);
});

test('requests that cannot be read take no place from the others, and are looked at again when their key is back', () => {
  const due = (): readonly string[] => subject.store.due(clock.epochMs(), 100);
  const accept = (call: string, phone: string): OpView =>
    subject.ledger.accept(sampleIntent(sampleBooking({ phone }), { call: asCallId(call) }));
  const claim = ({ op }: OpView) =>
    subject.store.claim(op, { owner: 'worker', nowEpochMs: clock.epochMs(), untilEpochMs: clock.epochMs() + 1000 });
  const lost = accept('lost', '+493055501111');
  loseKeys();
  const sound = accept('sound', '+493055502222');
  expect(due()).toEqual([lost.op, sound.op]);
  expect(claim(lost)).toBeNull();
  expect(due()).toEqual([sound.op]);
  expect(claim(sound)).not.toBeNull();
  clock.advance(600_000);
  expect(due()).toContain(lost.op);
});
