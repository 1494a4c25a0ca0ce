import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, schemaVersion } from '../../../src/adapters/sqlite/database.ts';
import { openErasure } from '../../../src/adapters/sqlite/erasure.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import type { LedgerDbOptions } from '../../../src/adapters/sqlite/ledger-db.ts';
import { LEDGER_MIGRATIONS } from '../../../src/adapters/sqlite/ledger-schema.ts';
import { asCallId } from '../../../src/base/ids.ts';
import type { OpView } from '../../../src/domain/writeback/intent.ts';
import type { FakeLedger } from '../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { ledgerKeyFile, ledgerPath, openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let subject: FakeLedger;

const open = (parts: Partial<LedgerDbOptions> = {}): FakeLedger => openRealLedger(folder.path, clock, parts);

beforeEach(() => {
  folder = temporaryFolder();
  clock = createManualClock();
});
afterEach(() => {
  subject.ledger.close();
  folder.remove();
});

/** Leaves a read-back in the row. */
function readBackAs({ op, payload }: OpView): void {
  const claimed = subject.store.claim(op, { owner: 'worker', nowEpochMs: clock.epochMs(), untilEpochMs: clock.epochMs() + 1 });
  if (claimed === null) throw new Error('not claimable');
  const progress = { ...claimed.progress, state: 'verified', verifiedAtEpochMs: clock.epochMs() } as const;
  expect(subject.store.save(op, claimed.epoch, { progress, atEpochMs: clock.epochMs(), trace: { readBack: payload } })).toBe(true);
}

describe('ledger on disk', () => {
  const onDisk = (): string =>
    readdirSync(join(folder.path, 'ledger'))
      .map((name) => readFileSync(join(folder.path, 'ledger', name), 'latin1'))
      .join('');

  test('is fsynced at every commit, also after it was reopened', () => {
    subject = open();
    subject.ledger.close();
    const plain = new Database(ledgerPath(folder.path));
    // Without our pragma a reopened WAL database runs with NORMAL (1): what the check is for.
    expect(plain.pragma('synchronous', { simple: true })).toBe(1);
    plain.close();
    const db = openDatabase({ path: ledgerPath(folder.path), migrations: LEDGER_MIGRATIONS, busyMs: 100 });
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(schemaVersion(db)).toBe(LEDGER_MIGRATIONS.at(-1)?.version);
    db.close();
    subject = open();
  });

  test('holds nothing personal in the clear, and its key only its owner may read', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    readBackAs(row);
    subject.ledger.openPromise(row.op, 1);
    subject.store.endPromise(row.op, { state: 'kept', reason: 'confirm_booking' }, 1);
    const message = subject.ledger.accept(sampleIntent(sampleMessage(), { seq: 2 }));
    subject.inbox.put(message.key, sampleMessage(), 1);
    expect(onDisk()).toContain(row.key);
    for (const personal of ['Laura', 'Becker', '3055501234', 'prescription', '2026-03-05T10:30']) expect(onDisk()).not.toContain(personal);
    for (const name of readdirSync(join(folder.path, 'keys'))) expect(statSync(join(folder.path, 'keys', name)).mode & 0o777).toBe(0o600);
  });

  test('a full disk refuses with disk_full and keeps what was accepted before', () => {
    subject = open();
    const first = subject.ledger.accept(sampleIntent());
    subject.ledger.close();
    const pages = Math.ceil(statSync(ledgerPath(folder.path)).size / 4096);
    subject = open({ pagesMax: pages });
    let accepted = 0;
    const fill = (): void => {
      for (let seq = 2; seq < 500; seq += 1) {
        subject.ledger.accept(sampleIntent(sampleMessage({ text: 'x'.repeat(3000) }), { seq }));
        accepted += 1;
      }
    };
    expect(fill).toThrowError(expect.objectContaining({ code: 'disk_full' }));
    expect(subject.ledger.list({ limit: 1000 })).toHaveLength(accepted + 1);
    subject.ledger.close();
    subject = open();
    expect(subject.ledger.get(first.op)).toEqual(first);
    expect(subject.ledger.list({ limit: 1000 })).toHaveLength(accepted + 1);
    expect(subject.ledger.accept(sampleIntent(sampleMessage(), { seq: 600 })).state).toBe('accepted');
  });

  test.each([
    ['a time without its offset', { start: '2026-03-05T10:30:00' }],
    ['a number that is none', { phone: 'anonymous' }],
    ['no name', { name: '' }],
    ['more than a booking needs', { diagnosis: 'measles' }],
  ])('%s is refused by a code that does not repeat it, and nothing is written', (_name, parts) => {
    subject = open();
    const accept = (): unknown => subject.ledger.accept(sampleIntent({ ...sampleBooking(), ...parts }));
    expect(accept).toThrowError(expect.objectContaining({ code: 'payload_invalid' }));
    expect(accept).not.toThrowError(/measles|anonymous/);
    expect(subject.ledger.list({ limit: 10 })).toEqual([]);
  });

  test('a lock that another process holds too long is ledger_unavailable, and nothing is left of the attempt', () => {
    subject = open({ busyMs: 50 });
    const other = new Database(ledgerPath(folder.path));
    other.exec('BEGIN IMMEDIATE');
    expect(() => subject.ledger.accept(sampleIntent())).toThrowError(expect.objectContaining({ code: 'ledger_unavailable' }));
    other.exec('ROLLBACK');
    other.close();
    expect(subject.ledger.list({ limit: 10 })).toEqual([]);
    expect(subject.ledger.accept(sampleIntent()).state).toBe('accepted');
  });

  test('a ledger whose lock hangs with another process can be opened and read all the same', () => {
    subject = open();
    const row = subject.ledger.accept(sampleIntent());
    subject.ledger.close();
    const other = new Database(ledgerPath(folder.path));
    other.exec('BEGIN IMMEDIATE');
    subject = open({ busyMs: 50 });
    expect(subject.ledger.get(row.op)).toEqual(row);
    other.exec('ROLLBACK');
    other.close();
  });

  test('a file that is no ledger, or one of a later version, is refused by a code', () => {
    subject = open();
    subject.ledger.close();
    const newer = new Database(ledgerPath(folder.path));
    newer.exec('INSERT INTO migration (version, applied_at) VALUES (99, 0)');
    newer.close();
    expect(() => open()).toThrowError(expect.objectContaining({ code: 'ledger_unavailable' }));
    mkdirSync(join(folder.path, 'other'));
    copyFileSync(ledgerKeyFile(folder.path), join(folder.path, 'other', 'ledger.db'));
    expect(() => openDatabase({ path: join(folder.path, 'other', 'ledger.db'), migrations: LEDGER_MIGRATIONS, busyMs: 50 })).toThrowError(
      expect.objectContaining({ code: 'ledger_unavailable' }),
    );
  });

  test('reads what version 1 of its schema wrote', () => {
    cpSync(join(import.meta.dirname, 'golden-v1'), folder.path, { recursive: true });
    subject = open();
    expect(subject.ledger.list({ limit: 10 })).toMatchObject([
      { kind: 'message', state: 'accepted', payload: { text: 'Please renew the prescription.' } },
      { kind: 'booking', state: 'verified', payload: { name: 'Laura Becker' }, readBack: { name: 'Laura Becker' } },
    ]);
    expect(subject.ledger.tasks({ open: true })).toMatchObject([{ reason: 'confirm_booking' }]);
    expect(subject.ledger.promises({ open: false })).toMatchObject([{ state: 'kept' }]);
    expect(subject.ledger.bookingsOf('+493055501234')).toHaveLength(1);
  });

  test('reads what version 2 of its schema wrote, and a plan that was under way goes on by its frozen steps', () => {
    cpSync(join(import.meta.dirname, 'golden-v2'), folder.path, { recursive: true });
    subject = open();
    const rows = subject.ledger.list({ limit: 20 });
    expect(rows.map(({ kind, role, state }) => `${kind} ${role} ${state}`).toSorted()).toEqual([
      'booking pivot accepted',
      'booking pivot verified',
      'contact before accepted',
      'contact before verified',
      'message pivot accepted',
      'note after accepted',
      'note after accepted',
      'notice confirmation accepted',
    ]);
    expect(subject.ledger.promises({ open: true })).toMatchObject([{ channel: 'sms' }]);
    expect(subject.store.breakers()).toMatchObject([{ destination: 'crm', failures: 3 }]);
    const due = subject.store.due(Date.UTC(2030, 0, 1), 20).map((op) => subject.ledger.get(op)?.kind);
    expect(due.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(['contact', 'message', 'note']);
  });

  test('reads what version 3 of its schema wrote, and nothing of the person who was erased', () => {
    cpSync(join(import.meta.dirname, 'golden-v3'), folder.path, { recursive: true });
    subject = open();
    const rows = subject.ledger.list({ limit: 20 });
    expect(rows.map(({ call, kind, state }) => `${call} ${kind} ${state}`).toSorted()).toEqual([
      'call-later booking accepted',
      'call-later contact accepted',
      'call-later note accepted',
      'call-laura booking verified',
      'call-laura contact verified',
      'call-laura message verified',
      'call-laura note verified',
    ]);
    expect(subject.ledger.messages()).toMatchObject([{ name: 'Laura Becker' }]);
    expect(subject.ledger.tasks({ open: true })).toMatchObject([{ summary: 'Call Laura Becker back.' }]);
    const keyFile = ledgerKeyFile(folder.path);
    const journalPath = join(folder.path, 'journal', 'journal.db');
    const erasure = openErasure({ ledgerPath: ledgerPath(folder.path), journalPath, keyFile, clock });
    expect(erasure.remaining().map(({ kind, destination }) => `${kind} ${destination}`)).toEqual([
      'booking calendar',
      'contact crm',
      'note crm',
    ]);
    erasure.close();
    const journal = openJournal({ path: journalPath, keyFile });
    expect(journal.read(asCallId('call-laura')).map(({ body }) => body)).toEqual([{ text: 'I am Laura Becker' }]);
    expect(['call-tom', 'call-both'].flatMap((call) => journal.read(asCallId(call)).map(({ body }) => body))).toEqual([null, null]);
    journal.close();
  });
});
