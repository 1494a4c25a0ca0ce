import type { Migration } from './database.ts';

/**
 * Tables of the ledger. Times are epoch milliseconds. `payload`, `read_back`, `summary` and `body` are sealed with the data key of their
 * call; `subject` is a keyed hash of the telephone number. Nothing else in here is personal.
 */
export const LEDGER_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE call_key (
  call TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE op (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  call TEXT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('booking', 'message', 'reschedule', 'cancel')),
  destination TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  fingerprint TEXT NOT NULL,
  payload BLOB NOT NULL,
  read_back BLOB,
  subject TEXT,
  target TEXT,
  state TEXT NOT NULL CHECK (state IN ('accepted', 'sending', 'unknown', 'committed', 'verified', 'rejected', 'conflict', 'dead',
    'compensating', 'compensated', 'needs_human')),
  attempts INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  absences INTEGER NOT NULL,
  overlap TEXT NOT NULL CHECK (overlap IN ('none', 'found')),
  accepted_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  sent_at INTEGER,
  committed_at INTEGER,
  verified_at INTEGER,
  error_code TEXT,
  remote_id TEXT,
  remote_etag TEXT,
  lease_owner TEXT,
  lease_until INTEGER NOT NULL DEFAULT 0,
  lease_epoch INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX op_due ON op (due_at) WHERE state IN ('accepted', 'sending', 'unknown', 'committed');
CREATE INDEX op_stuck ON op (id) WHERE state IN ('dead', 'needs_human');
CREATE INDEX op_call ON op (call, seq);
CREATE INDEX op_subject ON op (subject) WHERE subject IS NOT NULL;
CREATE INDEX op_target ON op (target) WHERE target IS NOT NULL;

CREATE TABLE attempt (
  op TEXT NOT NULL REFERENCES op (id),
  n INTEGER NOT NULL,
  phase TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT,
  PRIMARY KEY (op, n)
) STRICT;

CREATE TABLE said (
  op TEXT NOT NULL REFERENCES op (id),
  utterance TEXT NOT NULL,
  call TEXT NOT NULL,
  claim TEXT NOT NULL CHECK (claim IN ('will_confirm', 'committed', 'failed')),
  op_state TEXT NOT NULL,
  audio_started_at INTEGER NOT NULL,
  PRIMARY KEY (op, utterance)
) STRICT;

CREATE TABLE promise (
  op TEXT PRIMARY KEY REFERENCES op (id),
  deadline_at INTEGER NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('human_task')),
  state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'handed_to_human')),
  opened_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX promise_open ON promise (deadline_at) WHERE state = 'open';

CREATE TABLE task (
  id TEXT PRIMARY KEY,
  op TEXT,
  call TEXT,
  reason TEXT NOT NULL CHECK (reason IN ('confirm_booking', 'needs_human', 'callback', 'conflict_after_promise', 'transfer_missed')),
  summary BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  done_at INTEGER,
  -- The promise that this task ends: at most one task per promise.
  promise TEXT UNIQUE REFERENCES promise (op)
) STRICT;
CREATE INDEX task_op ON task (op) WHERE op IS NOT NULL;

CREATE TABLE inbox (
  id TEXT PRIMARY KEY,
  op TEXT NOT NULL UNIQUE REFERENCES op (id),
  received_at INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
`,
  },
];
