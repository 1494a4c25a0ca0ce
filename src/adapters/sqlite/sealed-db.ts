import { AppError } from '../../base/app-error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { isThere, openDatabase, storedVersion, type DatabaseOptions, type Db } from './database.ts';
import { findKeyFile } from './key-file.ts';
import { openSubjectKeys, subjectKeysPath, type SubjectKeys } from './subject-keys.ts';
import { createVault, type Vault } from './vault.ts';

export interface SealedDbOptions extends DatabaseOptions {
  /** File of the key-encryption key; made at the first start of an installation. */
  readonly keyFile: string;
  /** Schema version since which contents are sealed with keys of people, which are made before a file of that version. */
  readonly keysSince: number;
  /** The error when a content cannot be unsealed although its key is there. */
  readonly unreadable: ErrorCode;
  /** What has to be put right before the file is used. */
  readonly prepare: (db: Db, keys: SubjectKeys) => void;
}

/** One connection to a file whose contents are sealed with the keys of people, and to those keys. */
export interface SealedDb {
  readonly db: Db;
  readonly keys: SubjectKeys;
  readonly vault: Vault;
  close(): void;
}

/**
 * Opens both, or neither. Throws as `openDatabase` does, `secret_unreadable`, `keys_lost` when keys are gone that have sealed what is there,
 * and `ledger_missing` where the file must exist and does not.
 */
export function openSealedDb({ keyFile, keysSince, unreadable, prepare, ...database }: SealedDbOptions): SealedDb {
  const { path: seals, busyMs, mustExist = false } = database;
  if (mustExist) assertThere(keyFile, seals);
  assertKeysOfPeople(subjectKeysPath(keyFile), { seals, keysSince });
  const keys = openSubjectKeys({ keyFile, seals, busyMs, mustExist });
  let opened: Db | undefined;
  try {
    const db = openDatabase(database);
    opened = db;
    prepare(db, keys);
    const close = (): void => {
      db.close();
      keys.close();
    };
    return { db, keys, vault: createVault(db, keys, unreadable), close };
  } catch (error) {
    opened?.close();
    keys.close();
    throw error;
  }
}

/** Empty ones would be made in their place, and what is there could be read by nobody although all seems well. */
function assertKeysOfPeople(path: string, { seals, keysSince }: { readonly seals: string; readonly keysSince: number }): void {
  if (isThere(path) || !isThere(seals) || storedVersion(seals) < keysSince) return;
  // Looked for again: another process may have made both meanwhile, the keys first.
  if (!isThere(path)) throw new AppError('keys_lost', `${path} is not there, and ${seals} is`);
}

function assertThere(keyFile: string, seals: string): void {
  findKeyFile(keyFile, [seals, subjectKeysPath(keyFile)]);
  if (!isThere(seals)) throw new AppError('ledger_missing', `there is no ${seals}`);
}
