import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLedgerDb, type LedgerDb } from '../../../src/adapters/sqlite/ledger-db.ts';
import { createLedgerReadings } from '../../../src/adapters/sqlite/ledger-readings.ts';
import { createLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { createOpStore } from '../../../src/adapters/sqlite/op-store.ts';
import type { Reading } from '../../../src/ports/metrics.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { ledgerKeyFile, ledgerPath } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let ledger: LedgerDb;
let look: () => readonly Reading[];

beforeEach(() => {
  folder = temporaryFolder();
  clock = createManualClock();
  ledger = openLedgerDb({ path: ledgerPath(folder.path), keyFile: ledgerKeyFile(folder.path) });
  look = createLedgerReadings(ledger, { destinations: ['calendar', 'inbox'], breakerFailuresMax: 3, nowEpochMs: () => clock.epochMs() });
});
afterEach(() => {
  ledger.close();
  folder.remove();
});

const value = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
  look().find((one) => one.name === name && Object.entries(labels).every(([label, said]) => one.labels[label] === said))?.value;

describe('the readings of the ledger', () => {
  test('say zero where nothing is wrong, so that absence means something else', () => {
    expect(value('writeback_open_ops', { destination: 'calendar', state: 'unknown' })).toBe(0);
    expect(value('writeback_oldest_open_seconds', { destination: 'calendar' })).toBe(0);
    expect(value('writeback_past_deadline_ops')).toBe(0);
    expect(value('dead_letter_ops', { destination: 'inbox' })).toBe(0);
    expect(value('recon_mismatch', { type: 'duplicate' })).toBe(0);
    expect(value('circuit_state', { destination: 'calendar' })).toBe(0);
    expect(value('ledger_synchronous_mode')).toBe(2);
    expect(value('ledger_wal_bytes')).toBeGreaterThan(0);
    expect(value('disk_free_ratio')).toBeGreaterThan(0);
    expect(value('recon_last_success_timestamp_seconds')).toBeUndefined();
  });

  test('count what is open, how old it is, and promises beyond their deadline', () => {
    const { accept, openPromise } = createLedger(ledger, clock);
    const { op } = accept(sampleIntent(sampleBooking()));
    openPromise(op, clock.epochMs() + 60_000);
    clock.advance(90_000);
    expect(value('writeback_open_ops', { destination: 'calendar', state: 'accepted' })).toBe(1);
    expect(value('writeback_oldest_open_seconds', { destination: 'calendar' })).toBe(90);
    expect(value('promise_open', { channel: 'human_task' })).toBe(1);
    expect(value('writeback_past_deadline_ops')).toBe(1);
  });

  test('count what was given up until a person has finished its task', () => {
    const store = createOpStore(ledger);
    const daemon = createLedger(ledger, clock);
    const { op } = daemon.accept(sampleIntent(sampleBooking()));
    const now = clock.epochMs();
    const claimed = store.claim(op, { owner: 'w', nowEpochMs: now, untilEpochMs: now + 1000 });
    store.save(op, claimed?.epoch ?? 0, {
      progress: { ...(claimed?.progress ?? expect.fail('not claimed')), state: 'dead', errorCode: 'timed_out' },
      atEpochMs: now,
    });
    expect(value('dead_letter_ops', { destination: 'calendar' })).toBe(1);
    store.addTasksForStuck(now);
    expect(value('task_open', { reason: 'needs_human' })).toBe(1);
    daemon.finishTask(daemon.tasks({ open: true })[0]?.id ?? '');
    expect(value('dead_letter_ops', { destination: 'calendar' })).toBe(0);
    expect(value('task_open', { reason: 'needs_human' })).toBe(0);
  });

  test('tell findings that have not ended, and the last pass that reached everything', () => {
    ledger.db.exec(`
      INSERT INTO finding (op, type, destination, found_at, seen_at, ended_at) VALUES
        ('a', 'duplicate', 'calendar', 1, 1, NULL), ('b', 'duplicate', 'calendar', 1, 1, 2), ('c', 'field_diff', 'crm', 1, 1, NULL);
      INSERT INTO reconciliation (scope, started_at, ended_at, checked, findings, unreachable) VALUES
        ('full', 1000, 2000, 9, 0, 0), ('recent', 3000, 4000, 5, 0, 0), ('recent', 5000, 6000, 5, 0, 2);
    `);
    expect(value('recon_mismatch', { type: 'duplicate' })).toBe(1);
    expect(value('recon_mismatch', { type: 'field_diff' })).toBe(1);
    expect(value('recon_last_success_timestamp_seconds', { scope: 'recent' })).toBe(4);
    expect(value('recon_last_success_timestamp_seconds', { scope: 'full' })).toBe(2);
  });

  test('tell whether a destination is left alone, tried, or asked', () => {
    const { saveBreaker } = createOpStore(ledger);
    const now = clock.epochMs();
    saveBreaker({ destination: 'calendar', failures: 3, pausedUntilEpochMs: now + 500 });
    expect(value('circuit_state', { destination: 'calendar' })).toBe(2);
    clock.advance(500);
    expect(value('circuit_state', { destination: 'calendar' })).toBe(1);
    saveBreaker({ destination: 'calendar', failures: 0, pausedUntilEpochMs: now + 9000 });
    expect(value('circuit_state', { destination: 'calendar' })).toBe(0);
  });

  test('look for operations and promises along an index, however many there have been', () => {
    const asked: string[] = [];
    const { db } = ledger;
    const listening = {
      name: db.name,
      pragma: db.pragma.bind(db),
      prepare: (sql: string) => {
        asked.push(sql);
        return db.prepare(sql);
      },
    } as unknown as LedgerDb['db'];
    createLedgerReadings({ ...ledger, db: listening }, { destinations: [], breakerFailuresMax: 3, nowEpochMs: () => 0 })();
    const ofRows = asked.filter((sql) => /FROM (?:op|promise)\b/.test(sql));
    expect(ofRows).toHaveLength(4);
    for (const sql of ofRows) {
      const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...(sql.match(/\?/g) ?? []).map(() => 0));
      expect(plan.map(({ detail }) => detail).join('; ')).toMatch(
        /(?:op|promise) USING (?:COVERING )?INDEX (?:op_due|op_stuck|promise_open)/,
      );
    }
    expect(asked.every((sql) => sql.includes('LIMIT'))).toBe(true);
  });
});
