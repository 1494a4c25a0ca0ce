import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openErasure } from '../../../src/adapters/sqlite/erasure.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { asCallId } from '../../../src/base/ids.ts';
import type { Journal } from '../../../src/ports/journal.ts';
import { createFakeJournal } from '../../support/fake-journal.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const call = asCallId('call-1');
const other = asCallId('call-2');
const signal = new AbortController().signal;
const CANARY = 'Laura-Becker-canary';

let folder: ReturnType<typeof temporaryFolder>;
let journal: Journal;

const openReal = (parts: Partial<Parameters<typeof openJournal>[0]> = {}): Journal =>
  openJournal({ path: join(folder.path, 'journal', 'journal.db'), keyFile: join(folder.path, 'keys', 'kek.bin'), ...parts });

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  journal.close();
  folder.remove();
});

const write = (atEpochMs: number, type: string, body: unknown, of = call): void =>
  journal.append({ call: of, atEpochMs, kind: 'event', type, body });

describe.each([
  ['fake', () => createFakeJournal()],
  ['sqlite', () => openReal()],
])('journal (%s)', (_name, open) => {
  beforeEach(() => {
    journal = open();
  });

  test('gives back entries in order, numbered from one per call', async () => {
    write(10, 'call.arrived', { number: '+49' });
    write(11, 'call.arrived', null, other);
    write(12, 'call.answered', { deep: [1, 'two', null] });
    await journal.flush({ signal });
    expect(journal.read(call)).toEqual([
      { call, seq: 1, atEpochMs: 10, kind: 'event', type: 'call.arrived', body: { number: '+49' } },
      { call, seq: 2, atEpochMs: 12, kind: 'event', type: 'call.answered', body: { deep: [1, 'two', null] } },
    ]);
    expect(journal.read(asCallId('nobody'))).toEqual([]);
  });

  test('lists calls, newest first, with their end and outcome, and those that never ended', async () => {
    write(10, 'call.arrived', {});
    write(20, 'call.arrived', {}, other);
    write(30, 'call.ended', { outcome: 'booked' });
    await journal.flush({ signal });
    expect(journal.list({ limit: 10 })).toEqual([
      { call: other, startedAtEpochMs: 20, endedAtEpochMs: null, outcome: null, entries: 1 },
      { call, startedAtEpochMs: 10, endedAtEpochMs: 30, outcome: 'booked', entries: 2 },
    ]);
    expect(journal.list({ limit: 1 })).toHaveLength(1);
    expect(journal.unfinished()).toEqual([other]);
  });

  test('takes down whom a call is about without an entry of its own', async () => {
    journal.concerns(call, '+493055501234');
    write(10, 'call.arrived', { number: '+49' });
    journal.concerns(call, '+493055501234');
    journal.concerns(call, '+493055509999');
    write(11, 'caller.text_final', { text: 'hello' });
    await journal.flush({ signal });
    expect(journal.read(call).map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'call.arrived'],
      [2, 'caller.text_final'],
    ]);
  });
});

describe('journal on disk', () => {
  const bytesOnDisk = (): string =>
    readdirSync(join(folder.path, 'journal'))
      .map((name) => readFileSync(join(folder.path, 'journal', name), 'latin1'))
      .join('');

  test('survives a reopening and goes on counting', () => {
    journal = openReal();
    write(10, 'call.arrived', { text: 'first' });
    journal.close();
    journal = openReal();
    write(11, 'call.answered', { text: 'second' });
    expect(journal.read(call).map(({ seq, body }) => [seq, body])).toEqual([
      [1, { text: 'first' }],
      [2, { text: 'second' }],
    ]);
  });

  test('holds nothing of what was said in the clear', async () => {
    journal = openReal();
    write(10, 'caller.text_final', { text: CANARY });
    await journal.flush({ signal });
    expect(bytesOnDisk()).toContain('caller.text_final');
    expect(bytesOnDisk()).not.toContain(CANARY);
  });

  test('reads what version 1 of its schema wrote; each call is then of those whom it names', () => {
    cpSync(join(import.meta.dirname, 'golden-v1'), folder.path, { recursive: true });
    journal = openReal();
    const texts = (of: string): readonly unknown[] =>
      journal.read(asCallId(of)).map(({ body }) => (body as { text?: string } | null)?.text);
    expect(texts('call-laura')).toContain('this is laura becker');
    expect(texts('call-withheld')).toContain('i rather not show my number');
    journal.close();
    const keyFile = join(folder.path, 'keys', 'kek.bin');
    const paths = { ledgerPath: join(folder.path, 'ledger', 'ledger.db'), journalPath: join(folder.path, 'journal', 'journal.db') };
    openRealLedger(folder.path, createManualClock()).ledger.close();
    const erasure = openErasure({ ...paths, keyFile, clock: createManualClock() });
    // The number that was agreed on is in what was submitted.
    expect(erasure.erase({ phones: ['+493055509999'] }, 'admin').calls).toEqual(['call-withheld']);
    expect(erasure.erase({ phones: ['+493055501234'] }, 'admin').calls).toEqual(['call-laura']);
    erasure.close();
    journal = openReal();
    expect(texts('call-laura')).toEqual([undefined, undefined, undefined]);
    expect(journal.read(asCallId('call-withheld')).map(({ body }) => body)).toEqual([null, null, null]);
    expect(journal.read(asCallId('call-nobody'))).toMatchObject([{ body: { type: 'call.arrived' } }]);
  });

  test('says journal_unreadable when the key file is another one', () => {
    journal = openReal();
    write(10, 'call.arrived', { text: 'first' });
    journal.close();
    const keyFile = join(folder.path, 'keys', 'another.bin');
    writeFileSync(keyFile, randomBytes(32));
    journal = openReal({ keyFile });
    expect(() => journal.read(call)).toThrowError(expect.objectContaining({ code: 'journal_unreadable' }));
  });

  test('a full disk is told as disk_full, at every attempt, and what was written before stays', async () => {
    journal = openReal({ pagesMax: 14 });
    const big = 'x'.repeat(30_000);
    write(10, 'call.arrived', { text: 'small' });
    await journal.flush({ signal });
    write(11, 'caller.text_final', { big });
    write(12, 'call.ended', { outcome: 'late' });
    await expect(journal.flush({ signal })).rejects.toMatchObject({ code: 'disk_full' });
    await expect(journal.flush({ signal })).rejects.toMatchObject({ code: 'disk_full' });
    expect(() => journal.close()).toThrowError(expect.objectContaining({ code: 'disk_full' }));
    journal = openReal();
    expect(journal.read(call).map(({ type }) => type)).toEqual(['call.arrived']);
  });
});
