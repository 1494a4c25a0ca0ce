import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';
import { install, type Installation } from './vestibule.ts';

let home: Installation;
beforeEach(() => (home = install()));
afterEach(() => home.remove());

const everything = (): readonly string[] => readdirSync(home.folder, { recursive: true, encoding: 'utf8' }).toSorted();
const ledgerFile = (): string => join(home.data, 'ledger', 'ledger.db');
const journalFile = (): string => join(home.data, 'journal', 'journal.db');

describe('where the services have never run', () => {
  test.each([
    ['ledger', 'list'],
    ['ledger', 'findings'],
    ['promises', 'list'],
    ['tasks', 'list'],
    ['messages', 'list'],
    ['calls', 'list'],
    ['subjects', 'erased'],
  ])('%s %s is empty, names the file, and makes nothing', async (noun, verb) => {
    const { value, exitCode, stderr } = await home.json(noun, verb);
    expect({ value, exitCode }).toEqual({ value: [], exitCode: 0 });
    expect(stderr).toContain(noun === 'calls' ? journalFile() : ledgerFile());
    const read = await home.vestibule(noun, verb);
    expect(read).toMatchObject({ exitCode: 0, stdout: '' });
    expect(read.stderr).not.toContain('is empty');
    expect(everything()).toEqual(['config.yaml']);
  });

  test('an export has no operation, a look at one finds none, and nothing is made', async () => {
    expect(await home.vestibule('ledger', 'export')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining(ledgerFile()),
    });
    expect((await home.vestibule('ledger', 'export', '--csv')).stdout).toMatch(/^op,call,.*\n$/);
    for (const noun of ['ledger', 'calls']) {
      const ran = await home.vestibule(noun, 'show', '01NOWHERE');
      expect(ran).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('not_found: ') });
    }
    expect(everything()).toEqual(['config.yaml']);
  });

  test.each([
    ['ledger', 'resolve', '01NOWHERE', '--as', 'done', '--note', 'x'],
    ['ledger', 'retry', '01NOWHERE'],
    ['tasks', 'done', '01NOWHERE'],
    ['subjects', 'erase', '--phone', '+493055501234', '--yes'],
  ])('%s %s is refused with ledger_missing, and makes nothing', async (...args) => {
    const ran = await home.vestibule(...args);
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
    expect(ran.stderr).toMatch(/^ledger_missing: /);
    expect(ran.stderr).toContain(ledgerFile());
    expect(everything()).toEqual(['config.yaml']);
  });

  test('doctor, and checking the inbox, make nothing', async () => {
    expect((await home.vestibule('doctor')).stdout).toMatch(/^off +ledger +not made yet$/m);
    expect(await home.vestibule('destinations', 'check', 'inbox')).toMatchObject({ exitCode: 0 });
    expect(everything()).toEqual(['config.yaml']);
  });
});

describe('where there is a ledger and no call has been taken', () => {
  beforeEach(() => {
    const { ledger } = openRealLedger(home.data, createSystemClock());
    ledger.accept(sampleIntent());
    ledger.close();
  });

  test('calls are none, and erasing makes no journal', async () => {
    expect(await home.json('calls', 'list')).toMatchObject({ value: [], stderr: expect.stringContaining(journalFile()) });
    expect(await home.vestibule('subjects', 'erase', '--phone', '+15550001111', '--yes')).toMatchObject({ exitCode: 0, stdout: '' });
    expect((await home.vestibule('subjects', 'erase', '--call', '01NOWHERE')).stderr).toMatch(/^not_found: /);
    expect(existsSync(journalFile())).toBe(false);
  });

  test('a key that was lost is told, by a list as by doctor, and not made anew', async () => {
    rmSync(join(home.data, 'keys', 'kek.bin'));
    const ran = await home.vestibule('ledger', 'list');
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
    expect(ran.stderr).toMatch(/^keys_lost: .*kek\.bin/);
    expect(ran.stderr).toContain('Restore var/keys');
    expect((await home.json('doctor')).value).toEqual(
      expect.arrayContaining([expect.objectContaining({ what: 'ledger', state: 'bad', code: 'keys_lost' })]),
    );
    expect(readdirSync(join(home.data, 'keys'))).toEqual(['subjects.db']);
  });
});
