// A key file that was lost was silently made anew: what was sealed before could be read by nobody, and a copy that was put back later could
// not read what was sealed since.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openErasure } from '../../../src/adapters/sqlite/erasure.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { openLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { ledgerKeyFile, ledgerPath, openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

const clock = createManualClock();
let folder: ReturnType<typeof temporaryFolder>;

const at = (name: string): string => join(folder.path, name);
const keyFile = (): string => ledgerKeyFile(folder.path);
const journalPath = (): string => join(at('journal'), 'journal.db');
const everything = (): readonly string[] => readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).toSorted();

const openings: Readonly<Record<string, () => { close(): void }>> = {
  ledger: () => openLedger({ path: ledgerPath(folder.path), keyFile: keyFile(), clock }),
  'ledger that must exist': () => openLedger({ path: ledgerPath(folder.path), keyFile: keyFile(), clock, mustExist: true }),
  journal: () => openJournal({ path: journalPath(), keyFile: keyFile() }),
  'journal that must exist': () => openJournal({ path: journalPath(), keyFile: keyFile(), mustExist: true }),
  erasure: () => openErasure({ ledgerPath: ledgerPath(folder.path), journalPath: journalPath(), keyFile: keyFile(), clock }),
};

beforeEach(() => {
  folder = temporaryFolder();
  const { ledger } = openRealLedger(folder.path, clock);
  ledger.accept(sampleIntent());
  ledger.close();
  openJournal({ path: journalPath(), keyFile: keyFile() }).close();
});
afterEach(() => folder.remove());

describe.each(Object.keys(openings))('opening the %s', (name) => {
  const open = (): void => openings[name]?.().close();
  const refused = expect.objectContaining({ code: 'keys_lost' }) as Error;

  test.each([
    ['the key file is gone', ['keys/kek.bin']],
    ['all keys are gone', ['keys']],
    ['the key file is gone, and only the keys of people are left', ['keys/kek.bin', 'ledger', 'journal']],
    ['the keys of people are gone', ['keys/subjects.db']],
  ])('is refused where %s, and nothing is made', (_name, lost) => {
    for (const one of lost) rmSync(at(one), { recursive: true });
    const left = everything();
    expect(open).toThrowError(refused);
    expect(everything()).toEqual(left);
  });

  test('goes on once the keys are back', () => {
    expect(open).not.toThrow();
  });
});
