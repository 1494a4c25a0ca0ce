// Whoever types a command as root must not leave files behind that the user of the services cannot open.
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createManualClock } from '../../support/manual-clock.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleIntent } from '../../support/writeback-samples.ts';

/** Of the user `nobody`. Nobody but root can give files away: others only give them to themselves. */
const OWNER_ID = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);
const folder = temporaryFolder();
afterEach(() => folder.remove());

test('what SQLite makes beside ledger and keys belongs to whom these belong to', () => {
  const files = (): readonly string[] =>
    ['ledger', 'keys'].flatMap((name) => readdirSync(join(folder.path, name)).map((file) => join(folder.path, name, file)));
  openRealLedger(folder.path, createManualClock()).ledger.close();
  for (const file of files()) chownSync(file, OWNER_ID, process.getgid?.() ?? 0);
  const { ledger } = openRealLedger(folder.path, createManualClock(), { mustExist: true });
  ledger.accept(sampleIntent());
  const made = files();
  expect(made).toHaveLength(7);
  for (const file of made) expect(statSync(file), file).toMatchObject({ uid: OWNER_ID });
  ledger.close();
});
