/**
 * On a disk that stalls, a worker with much to write held the lock of the ledger from one transaction to the next: SQLite has no line to wait
 * in, and a daemon that looked now and then never found it free. What callers agreed to could not be accepted, for as long as that lasted.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { openLedger } from '../../src/adapters/sqlite/ledger.ts';
import { asCallId } from '../../src/base/ids.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { eventually } from '../support/eventually.ts';
import { ledgerKeyFile, ledgerPath } from '../support/real-ledger.ts';
import { spawnOnSlowDisk, stallsOf, type SlowDisk, type SlowProgram } from '../support/slow-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sampleIntent, sampleMessage } from '../support/writeback-samples.ts';

const ACCEPTS = 4;
const folder = temporaryFolder();
const disk: SlowDisk = { stallMs: 1000, log: join(folder.path, 'strace') };
const lines: string[] = [];
let ledger: Ledger;
let writer: SlowProgram;

beforeAll(async () => {
  const [path, keyFile] = [ledgerPath(folder.path), ledgerKeyFile(folder.path)];
  ledger = openLedger({ path, keyFile, clock: createSystemClock() });
  const script = join(import.meta.dirname, '..', 'support', 'busy-writer.ts');
  writer = spawnOnSlowDisk(disk, [script, path, keyFile], { configFile: '', onLine: (line) => void lines.push(line) });
  await eventually('the writer writes', () => stallsOf(disk) > 0, 30_000);
}, 60_000);
afterAll(async () => {
  await writer.kill();
  ledger.close();
  folder.remove();
});

test('a worker that the disk holds up at every transaction lets in what a caller has agreed to', () => {
  const before = stallsOf(disk);
  const accepted = Array.from({ length: ACCEPTS }, (_, call) =>
    ledger.accept(sampleIntent(sampleMessage(), { call: asCallId(`call-${call}`) })),
  );
  expect(accepted.map(({ state }) => state)).toEqual(accepted.map(() => 'accepted'));
  expect(stallsOf(disk)).toBeGreaterThan(before);
  expect(lines).toEqual(['writing']);
});
