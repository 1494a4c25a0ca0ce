import type { ErrorCode } from '../../base/error-codes.ts';
import { openDatabase, type DatabaseOptions, type Db } from './database.ts';
import { openSubjectKeys, type SubjectKeys } from './subject-keys.ts';
import { createVault, type Vault } from './vault.ts';

export interface SealedDbOptions extends DatabaseOptions {
  /** File of the key-encryption key; made when absent. */
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

/** Opens both, or neither. Throws as `openDatabase` does, and `secret_unreadable`. */
export function openSealedDb({ keyFile, unreadable, prepare, ...database }: SealedDbOptions): SealedDb {
  const keys = openSubjectKeys(keyFile, database.busyMs);
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
