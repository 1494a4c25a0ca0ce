import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { invariant } from '../../base/invariant.ts';
import { decrypt, encrypt } from './cipher.ts';
import { foldLog, inTransaction, isThere, openDatabase, reading, storageError, type Migration } from './database.ts';
import { KEY_BYTES, loadKeyFile } from './key-file.ts';

/**
 * A subject is whom contents are about: a person by the keyed hash of the telephone number, a call that is of nobody known, or the house.
 * A key that was destroyed leaves its id, so that what is gone is told from what is lost.
 */
const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE subject_key (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL UNIQUE,
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE destroyed_key (
  id TEXT PRIMARY KEY,
  destroyed_at INTEGER NOT NULL
) STRICT;
`,
  },
];

const ID_BYTES = 12;
/** Unwrapped keys kept in memory. */
const KEYS_CACHED_MAX = 500;

/**
 * One key per person, in a file of its own beside the key-encryption key: ledger and journal hold nothing that opens their contents, and
 * neither does a copy of them. Throws `ledger_unavailable`, `disk_full`, `secret_unreadable`.
 */
export interface SubjectKeys {
  /** The installation's key. */
  readonly kek: Buffer;
  /** Keyed hash of a personal value, for looking it up without storing it. */
  pseudonymOf(value: string): string;
  /** Ids of the keys of subjects, in their order; those that are missing are made, and on disk when this returns. */
  idsFor(subjects: readonly string[]): readonly string[];
  /** Null when the subject has no key. */
  find(subject: string): string | null;
  /** Null when it was destroyed. Throws when it is not there though nobody has destroyed it. */
  key(id: string): Buffer | null;
  isDestroyed(id: string): boolean;
  /** Destroys keys for good; their ids are remembered. Until `fold` their bytes may stand in the write-ahead log. */
  destroy(ids: readonly string[], nowEpochMs: number): void;
  fold(): void;
  close(): void;
}

export const subjectKeysPath = (keyFile: string): string => join(dirname(keyFile), 'subjects.db');

/** An empty file is an empty database; its write-ahead log takes over the mode. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw storageError(error, `making ${path}`, 'secret_unreadable');
  }
}

interface Cached {
  readonly wrapped: Buffer;
  readonly key: Buffer;
}

export interface SubjectKeysOptions {
  readonly keyFile: string;
  /** The file that is sealed with these keys. */
  readonly seals: string;
  readonly busyMs: number;
  /** Opens the keys that are there, and makes none. */
  readonly mustExist?: boolean;
}

/** Opens the keys beside `keyFile`; both are made at the first start of an installation. Throws `keys_lost` too. */
export function openSubjectKeys({ keyFile, seals, busyMs, mustExist = false }: SubjectKeysOptions): SubjectKeys {
  const path = subjectKeysPath(keyFile);
  // An installation of before there were keys of people gets them when its services start, and they belong to the user of these.
  if (mustExist && !isThere(path)) throw new AppError('ledger_unavailable', `${path} is not there, and only the services make it`);
  const kek = loadKeyFile(keyFile, [seals, path]);
  if (!mustExist) makePrivate(path);
  const db = openDatabase({ path, migrations: MIGRATIONS, busyMs, mustExist });
  const bySubject = db.prepare<[string], { id: string }>('SELECT id FROM subject_key WHERE subject = ?');
  const byId = db.prepare<[string], { wrapped: Buffer }>('SELECT wrapped FROM subject_key WHERE id = ?');
  const destroyed = db.prepare<[string]>('SELECT 1 FROM destroyed_key WHERE id = ?');
  const insert = db.prepare('INSERT INTO subject_key (id, subject, wrapped) VALUES (?, ?, ?) ON CONFLICT (subject) DO NOTHING');
  const remove = db.prepare('DELETE FROM subject_key WHERE id = ?');
  const bury = db.prepare('INSERT INTO destroyed_key (id, destroyed_at) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const cached = new Map<string, Cached>();
  const find = (subject: string): string | null => reading('looking for the key of a subject', () => bySubject.get(subject)?.id ?? null);
  const make = (subject: string): string => {
    const id = randomBytes(ID_BYTES).toString('base64url');
    insert.run(id, subject, encrypt(kek, `subject_key:${id}`, randomBytes(KEY_BYTES)));
    const made = bySubject.get(subject);
    invariant(made !== undefined, 'a key that was made is there');
    return made.id;
  };
  const unwrap = (id: string, wrapped: Buffer): Buffer => {
    try {
      return decrypt(kek, `subject_key:${id}`, wrapped);
    } catch (cause) {
      throw new AppError('secret_unreadable', `the key ${id} cannot be decrypted`, { cause });
    }
  };
  return {
    kek,
    pseudonymOf: (value) => createHmac('sha256', kek).update(`subject:${value}`).digest('base64url'),
    idsFor: (subjects) => {
      const known = subjects.map(find);
      const isMissing = known.includes(null);
      return isMissing
        ? inTransaction(db, 'making keys of subjects', () => subjects.map((subject, at) => known[at] ?? make(subject)))
        : known.filter((id) => id !== null);
    },
    find,
    key: (id) =>
      reading('reading the key of a subject', () => {
        // The table decides: another process may have destroyed the key.
        const row = byId.get(id);
        const known = cached.get(id);
        if (row === undefined) {
          cached.delete(id);
          if (destroyed.get(id) !== undefined) return null;
          throw new AppError('secret_unreadable', `the key ${id} is not in ${db.name}, and was not destroyed`);
        }
        if (known?.wrapped.equals(row.wrapped) === true) return known.key;
        const key = unwrap(id, row.wrapped);
        if (cached.size >= KEYS_CACHED_MAX) cached.clear();
        cached.set(id, { wrapped: row.wrapped, key });
        return key;
      }),
    isDestroyed: (id) => reading('looking for a destroyed key', () => destroyed.get(id) !== undefined),
    destroy: (ids, nowEpochMs) => {
      inTransaction(db, 'destroying keys', () => {
        for (const id of ids) {
          remove.run(id);
          bury.run(id, nowEpochMs);
        }
      });
      cached.clear();
    },
    fold: () => foldLog(db),
    close: () => db.close(),
  };
}
