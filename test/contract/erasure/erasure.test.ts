import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openErasure } from '../../../src/adapters/sqlite/erasure.ts';
import { openSubjectKeys } from '../../../src/adapters/sqlite/subject-keys.ts';
import { personSubject } from '../../../src/adapters/sqlite/vault.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { asCallId, asOpId, type OpId } from '../../../src/base/ids.ts';
import type { IntentPayload, OpView } from '../../../src/domain/writeback/intent.ts';
import { opKey } from '../../../src/domain/writeback/op-key.ts';
import type { ErasureReport, ErasureTarget } from '../../../src/ports/erasure.ts';
import type { Journal } from '../../../src/ports/journal.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { ledgerKeyFile, ledgerPath, openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

const LAURA = '+493055501234';
const OTHER = '+493055509999';
const call = asCallId('call-laura');
const otherCall = asCallId('call-other');
const signal = new AbortController().signal;

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let ledger: FakeLedger;
let journal: Journal;

const journalPath = (): string => join(folder.path, 'journal', 'journal.db');
function open(): void {
  ledger = openRealLedger(folder.path, clock);
  journal = openJournal({ path: journalPath(), keyFile: ledgerKeyFile(folder.path) });
}
function close(): void {
  ledger.ledger.close();
  journal.close();
}
function reopen(between: () => void): void {
  close();
  between();
  open();
}
beforeEach(() => {
  folder = temporaryFolder();
  clock = createManualClock();
  open();
});
afterEach(() => {
  close();
  folder.remove();
});

function withErasure<T>(work: (erasure: ReturnType<typeof openErasure>) => T): T {
  const keyFile = ledgerKeyFile(folder.path);
  const erasure = openErasure({ ledgerPath: ledgerPath(folder.path), journalPath: journalPath(), keyFile, clock });
  try {
    return work(erasure);
  } finally {
    erasure.close();
  }
}
const erase = (target: ErasureTarget): ErasureReport => withErasure((erasure) => erasure.erase(target, 'admin'));

function copy(...names: readonly string[]): void {
  for (const name of names) cpSync(join(folder.path, name), join(folder.path, 'copy', name), { recursive: true });
}
function putBack(...names: readonly string[]): void {
  for (const name of names) {
    rmSync(join(folder.path, name), { recursive: true });
    cpSync(join(folder.path, 'copy', name), join(folder.path, name), { recursive: true });
  }
}

/** An operation that stands in its destination. */
function stands(payload: IntentPayload, of = call, seq = 1, callerNumber: string | null = LAURA): OpView {
  const row = ledger.ledger.accept(sampleIntent(payload, { call: of, seq, callerNumber }));
  verify(row.op);
  return row;
}

function verify(op: OpId): void {
  const nowEpochMs = clock.epochMs();
  const claimed = ledger.store.claim(op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
  if (claimed === null) throw new Error('not claimable');
  const progress = { ...claimed.progress, state: 'verified', sentAtEpochMs: nowEpochMs, verifiedAtEpochMs: nowEpochMs } as const;
  const readBack = claimed.payload.kind === 'cancel' || claimed.payload.kind === 'reschedule' ? null : claimed.payload;
  const trace = { remoteId: `remote-${op}`, ...(readBack === null ? {} : { readBack }) };
  ledger.store.save(op, claimed.epoch, { progress, atEpochMs: nowEpochMs, trace });
}

const said = (text: string, of = call): void =>
  journal.append({ call: of, atEpochMs: clock.epochMs(), kind: 'event', type: 'caller.text_final', body: { text } });
const heard = (of = call): readonly unknown[] => journal.read(of).map(({ body }) => body);

describe('erasing a person', () => {
  test('takes away everything that was said, agreed and left to do, and nothing of anybody else', async () => {
    journal.concerns(call, LAURA);
    said('my name is Laura Becker');
    journal.concerns(otherCall, OTHER);
    said('I am somebody else', otherCall);
    await journal.flush({ signal });
    stands(sampleBooking());
    const message = sampleIntent(sampleMessage(), { call, seq: 2, callerNumber: LAURA });
    verify(ledger.ledger.accept(message).op);
    ledger.inbox.put(opKey(message), sampleMessage(), clock.epochMs());
    ledger.ledger.addTask({ op: null, call, reason: 'callback', summary: 'Call Laura Becker back.' });
    const other = stands(sampleBooking({ name: 'Tom Else', phone: OTHER }), otherCall, 1, OTHER);

    expect(erase({ phones: [LAURA] })).toMatchObject({ calls: [call], operations: 2, messages: 1, tasks: 1 });

    expect(heard()).toEqual([null]);
    expect(ledger.ledger.list({ limit: 10 }).map(({ op }) => op)).toEqual([other.op]);
    expect(ledger.ledger.messages()).toEqual([]);
    expect(ledger.ledger.bookingsOf(LAURA)).toEqual([]);
    expect(ledger.ledger.tasks({ open: true })).toEqual([]);
    expect(ledger.ledger.tasks({ open: false })).toMatchObject([{ summary: '(erased)' }]);
    expect(heard(otherCall)).toEqual([{ text: 'I am somebody else' }]);
    expect(ledger.ledger.bookingsOf(OTHER)).toHaveLength(1);
  });

  test('is as good for copies of the data from before it, and its key is in no byte of the keys', async () => {
    journal.concerns(call, LAURA);
    said('my name is Laura Becker');
    await journal.flush({ signal });
    const { op } = stands(sampleBooking());
    const keys = new Database(join(folder.path, 'keys', 'subjects.db'), { readonly: true });
    const wrapped = keys.prepare<[], { wrapped: Buffer }>('SELECT wrapped FROM subject_key').all();
    keys.close();
    const bytes = (): string =>
      readdirSync(join(folder.path, 'keys'))
        .map((name) => readFileSync(join(folder.path, 'keys', name), 'latin1'))
        .join('');
    expect(wrapped).toHaveLength(1);
    for (const one of wrapped) expect(bytes()).toContain(one.wrapped.toString('latin1'));
    // The write-ahead logs are part of the copy.
    copy('ledger', 'journal', 'keys');

    erase({ phones: [LAURA] });
    for (const one of wrapped) expect(bytes()).not.toContain(one.wrapped.toString('latin1'));
    reopen(() => putBack('ledger', 'journal'));
    expect(heard()).toEqual([null]);
    expect(ledger.ledger.get(op)).toBeNull();
    expect(ledger.store.get(op)).toBeNull();

    // With the keys of that time they can be read: the copy was whole, and why keys are kept apart.
    reopen(() => putBack('ledger', 'journal', 'keys'));
    expect(heard()).toEqual([{ text: 'my name is Laura Becker' }]);
    expect(ledger.ledger.get(op)).toMatchObject({ payload: { name: 'Laura Becker' } });
  });

  test('is carried out again on a copy of the keys that is put back', async () => {
    journal.concerns(call, LAURA);
    said('my name is Laura Becker');
    await journal.flush({ signal });
    stands(sampleBooking());
    copy('keys');
    erase({ phones: [LAURA] });
    reopen(() => putBack('keys'));
    expect(heard()).toEqual([null]);
    expect(ledger.ledger.list({ limit: 10 })).toEqual([]);
  });

  test('a repeat of what was erased, and a call that was, make nothing be written again', () => {
    const intent = sampleIntent(sampleBooking(), { call, callerNumber: LAURA });
    stands(sampleBooking());
    erase({ phones: [LAURA] });
    expect(() => ledger.ledger.accept(intent)).toThrowError(expect.objectContaining({ code: 'subject_erased' }));
    expect(() => ledger.ledger.accept({ ...intent, seq: 2 })).toThrowError(expect.objectContaining({ code: 'subject_erased' }));
    expect(ledger.store.due(Date.UTC(2099, 0, 1), 10)).toEqual([]);
    expect(ledger.ledger.promiseUntold({ live: [] }, 0)).toEqual([]);
    expect(ledger.store.addTasksForStuck(clock.epochMs())).toBe(0);
  });

  test('a request that is not decided, and a promise that is open, come first: nothing is erased before', () => {
    const row = ledger.ledger.accept(sampleIntent(sampleBooking(), { call, callerNumber: LAURA }));
    const tooEarly = expect.objectContaining({ code: 'erasure_too_early' }) as Error;
    expect(() => erase({ phones: [LAURA] })).toThrowError(tooEarly);
    verify(row.op);
    ledger.ledger.openPromise(row.op, clock.epochMs() + 1000);
    expect(() => erase({ phones: [LAURA] })).toThrowError(tooEarly);
    expect(ledger.ledger.get(row.op)).toMatchObject({ payload: { name: 'Laura Becker' } });
    ledger.store.endPromise(row.op, { state: 'kept', reason: null }, clock.epochMs());
    expect(erase({ phones: [LAURA] })).toMatchObject({ operations: 1 });
  });

  test('lists the records that a person has to take away elsewhere, now and later', () => {
    const booked = stands(sampleBooking());
    const moved = stands({ kind: 'reschedule', target: booked.op, start: '2026-03-06T11:00:00+01:00' }, call, 2);
    const cancelled = stands(sampleBooking({ start: '2026-03-09T09:00:00+01:00' }), call, 3);
    stands({ kind: 'cancel', target: cancelled.op }, call, 4);
    const { remaining } = erase({ phones: [LAURA] });
    const line = { op: moved.op, kind: 'reschedule', destination: 'calendar', remoteId: `remote-${moved.op}`, state: 'verified' };
    expect(remaining).toMatchObject([line]);
    expect(JSON.stringify(remaining)).not.toMatch(/Becker|5501234/);
    expect(withErasure((erasure) => erasure.remaining())).toMatchObject([line]);
  });

  test('that was cut off after the key was gone is ended by doing it again', () => {
    const { op } = stands(sampleBooking());
    const keys = openSubjectKeys({ keyFile: ledgerKeyFile(folder.path), seals: ledgerPath(folder.path), busyMs: 1000 });
    keys.destroy([keys.find(personSubject(keys.pseudonymOf(LAURA))) ?? ''], clock.epochMs());
    keys.close();
    expect(erase({ phones: [LAURA] })).toMatchObject({ calls: [call], operations: 1, remaining: [{ op }] });
  });

  test('may be repeated, and a new call of the same person is one like any other', async () => {
    stands(sampleBooking());
    erase({ phones: [LAURA] });
    expect(erase({ phones: [LAURA] })).toMatchObject({ calls: [], operations: 0 });
    const next = asCallId('call-next');
    journal.concerns(next, LAURA);
    said('it is me again', next);
    await journal.flush({ signal });
    const { op } = stands(sampleBooking(), next);
    expect(heard(next)).toEqual([{ text: 'it is me again' }]);
    expect(ledger.ledger.get(op)).toMatchObject({ payload: { name: 'Laura Becker' } });
    expect(ledger.ledger.get(asOpId('none'))).toBeNull();
  });
});

describe('whom a call is about', () => {
  test('a caller without a number who gives one later is erased with all that was said before', async () => {
    said('I would rather not say');
    await journal.flush({ signal });
    journal.concerns(call, LAURA);
    said('zero three zero');
    await journal.flush({ signal });
    ledger.ledger.addTask({ op: null, call, reason: 'callback', summary: 'A caller was cut off.' });
    expect(erase({ phones: [LAURA] }).calls).toEqual([call]);
    expect(heard()).toEqual([null, null]);
    expect(ledger.ledger.tasks({ open: false })).toMatchObject([{ summary: '(erased)' }]);
  });

  test.each([
    ['the line it came from', [LAURA]],
    ['the number that was given', [OTHER]],
  ])('a call about two people is erased with %s; other calls stay', async (_name, phones) => {
    journal.concerns(call, LAURA);
    said('it is for my mother');
    journal.concerns(call, OTHER);
    await journal.flush({ signal });
    const { op } = stands(sampleBooking({ phone: OTHER }));
    const [lauras, others] = [asCallId('call-only-laura'), asCallId('call-only-other')];
    const kept = [
      [LAURA, stands(sampleBooking(), lauras, 1, LAURA).op],
      [OTHER, stands(sampleBooking({ phone: OTHER }), others, 1, OTHER).op],
    ] as const;
    erase({ phones });
    expect(heard()).toEqual([null]);
    expect(ledger.ledger.get(op)).toBeNull();
    for (const [phone, own] of kept) expect(ledger.ledger.get(own) === null).toBe(phones.includes(phone));
  });

  test('a call names whom to erase where no number is known', async () => {
    said('I am nobody');
    await journal.flush({ signal });
    expect(() => erase({ call: asCallId('call-unheard-of') })).toThrowError(expect.objectContaining({ code: 'not_found' }));
    expect(erase({ call }).calls).toEqual([call]);
    expect(heard()).toEqual([null]);
    // What is still said in it is kept by nobody.
    said('one more thing');
    await journal.flush({ signal });
    expect(heard()).toEqual([null, null]);
  });

  test('keys that are lost are not taken for an erasure', () => {
    const { op } = stands(sampleBooking());
    reopen(() => {
      const keys = new Database(join(folder.path, 'keys', 'subjects.db'));
      keys.exec('DELETE FROM subject_key');
      keys.close();
    });
    expect(() => ledger.ledger.get(op)).toThrowError(expect.objectContaining({ code: 'ledger_unavailable' }));
  });

  test('what earlier versions wrote is adopted by its people when it is opened, and erased with them', () => {
    reopen(() => {
      for (const name of ['ledger', 'keys', 'journal']) rmSync(join(folder.path, name), { recursive: true });
      cpSync(join(import.meta.dirname, '..', 'ledger', 'golden-v1'), folder.path, { recursive: true });
    });
    expect(ledger.ledger.bookingsOf(LAURA)).toHaveLength(1);
    ledger.ledger.close();
    const db = new Database(ledgerPath(folder.path));
    // A message of that time waits for the worker that never was.
    db.exec(`UPDATE op SET state = 'verified' WHERE state = 'accepted'`);
    db.close();
    ledger = openRealLedger(folder.path, clock);
    expect(erase({ phones: [LAURA] }).operations).toBeGreaterThan(0);
    expect(ledger.ledger.list({ limit: 10 })).toEqual([]);
  });
});
