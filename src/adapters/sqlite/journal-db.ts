import { adoptCallKeys, type PeopleOf } from './adopt-call-keys.ts';
import type { Db, Migration } from './database.ts';
import { openSealedDb, type SealedDb } from './sealed-db.ts';
import type { SubjectKeys } from './subject-keys.ts';

const BUSY_MS = 1000;
const KEYS_OF_PEOPLE_SINCE = 2;

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE call_key (
  call TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE call (
  call TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT,
  entries INTEGER NOT NULL
) STRICT;
CREATE INDEX call_started ON call (started_at);
CREATE INDEX call_unfinished ON call (started_at) WHERE ended_at IS NULL;

CREATE TABLE entry (
  call TEXT NOT NULL REFERENCES call (call),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'effect')),
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (call, seq)
) STRICT, WITHOUT ROWID;
`,
  },
  {
    // One key per person. Data keys without holders are wrapped with the installation's key; opening the journal adopts them.
    version: 2,
    sql: 'ALTER TABLE call_key ADD COLUMN holders TEXT;',
  },
];

export interface JournalDbOptions {
  readonly path: string;
  /** File of the key-encryption key; made at the first start of an installation. */
  readonly keyFile: string;
  readonly busyMs?: number;
  /** Opens what is there, and makes nothing. */
  readonly mustExist?: boolean;
  /** Bound on the size in pages of 4 KiB; for tests of a full disk. */
  readonly pagesMax?: number;
}

export const bodyPlace = (call: string, seq: number): string => `entry.body:${call}:${seq}`;

/** Opens the journal's file. Throws what `openSealedDb` throws. */
export function openJournalDb({ busyMs = BUSY_MS, ...options }: JournalDbOptions): SealedDb {
  const prepare = (db: Db, keys: SubjectKeys): void => adoptCallKeys(db, keys, peopleOfEntries(db, keys));
  return openSealedDb({
    ...options,
    busyMs,
    migrations: MIGRATIONS,
    keysSince: KEYS_OF_PEOPLE_SINCE,
    unreadable: 'journal_unreadable',
    prepare,
  });
}

/** Numbers in the entries that can hold one: who called, and what was agreed on. */
function numbersIn(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null) return [];
  const called = 'callerNumber' in body ? body.callerNumber : null;
  const agreed = 'payload' in body && typeof body.payload === 'object' && body.payload !== null ? body.payload : {};
  return [called, 'phone' in agreed ? agreed.phone : null].filter((value) => typeof value === 'string');
}

function peopleOfEntries(db: Db, keys: SubjectKeys): PeopleOf {
  const entries = db.prepare<[string], { seq: number; body: Buffer }>(
    `SELECT seq, body FROM entry WHERE call = ? AND type IN ('call.arrived', 'submit_intent') ORDER BY seq`,
  );
  return (call, open) =>
    entries.all(call).flatMap(({ seq, body }) => numbersIn(open(bodyPlace(call, seq), body)).map((number) => keys.pseudonymOf(number)));
}
