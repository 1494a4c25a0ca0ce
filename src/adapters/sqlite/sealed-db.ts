import { AppError } from '../../base/app-error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { isThere, openDatabase, type DatabaseOptions, type Db } from './database.ts';
import { findKeyFile } from './key-file.ts';
import { openSubjectKeys, subjectKeysPath, type SubjectKeys } from './subject-keys.ts';
import { createVault, type Vault } from './vault.ts';

export interface SealedDbOptions extends DatabaseOptions {
  /** File of the key-encryption key; made at the first start of an installation. */
  readonly keyFile: string;
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
 * Opens both, or neither. Throws as `openDatabase` does, `secret_unreadable`, `keys_lost` when the key is gone that has sealed what is there,
 * and `ledger_missing` where the file must exist and does not.
 */
export function openSealedDb({ keyFile, unreadable, prepare, ...database }: SealedDbOptions): SealedDb {
  const { path: seals, busyMs, mustExist = false } = database;
  if (mustExist) assertThere(keyFile, seals);
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

function assertThere(keyFile: string, seals: string): void {
  findKeyFile(keyFile, [seals, subjectKeysPath(keyFile)]);
  if (!isThere(seals)) throw new AppError('ledger_missing', `there is no ${seals}`);
}
