import type { Migration } from './database.ts';

/**
 * Tables of the ledger. Times are epoch milliseconds. `payload`, `read_back`, `summary`, `body` and `note` are sealed with the data key
 * of their call, which the keys of the people concerned wrap (`subject-keys.ts`); `subject` is a keyed hash of the telephone number.
 * Nothing else in here is personal.
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
  {
    // Plans of several steps: an intent may need several destinations, a promise may have a channel of its own.
    version: 2,
    sql: `
CREATE TABLE saga (
  -- The operation of the pivot.
  id TEXT PRIMARY KEY,
  -- Frozen when the intent was accepted: JSON of names, kinds and destinations, nothing personal.
  plan TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX saga_running ON saga (created_at) WHERE state = 'running';

CREATE TABLE op_next (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  call TEXT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('booking', 'message', 'reschedule', 'cancel', 'contact', 'note', 'notice')),
  destination TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  -- The key in the destination; that of the operation but for contacts, which several calls share.
  record_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  payload BLOB NOT NULL,
  read_back BLOB,
  subject TEXT,
  target TEXT,
  saga TEXT,
  step TEXT,
  role TEXT NOT NULL CHECK (role IN ('before', 'pivot', 'after', 'undo', 'confirmation')),
  position INTEGER NOT NULL,
  turn TEXT NOT NULL CHECK (turn IN ('held', 'released')),
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
  traceparent TEXT,
  lease_owner TEXT,
  lease_until INTEGER NOT NULL DEFAULT 0,
  lease_epoch INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO op_next SELECT id, tenant, call, seq, kind, destination, key, key, fingerprint, payload, read_back, subject, target,
  NULL, NULL, 'pivot', 0, 'released', state, attempts, failures, crashes, absences, overlap, accepted_at, due_at, sent_at, committed_at,
  verified_at, error_code, remote_id, remote_etag, NULL, lease_owner, lease_until, lease_epoch FROM op;
DROP TABLE op;
ALTER TABLE op_next RENAME TO op;
CREATE INDEX op_due ON op (due_at) WHERE turn = 'released' AND state IN ('accepted', 'sending', 'unknown', 'committed');
CREATE INDEX op_stuck ON op (id) WHERE state IN ('dead', 'needs_human');
CREATE INDEX op_call ON op (call, seq);
CREATE INDEX op_subject ON op (subject) WHERE subject IS NOT NULL;
CREATE INDEX op_target ON op (target) WHERE target IS NOT NULL;
CREATE INDEX op_saga ON op (saga, position) WHERE saga IS NOT NULL;
CREATE INDEX op_record ON op (record_key);
CREATE INDEX op_verified ON op (verified_at) WHERE state = 'verified';

CREATE TABLE promise_next (
  op TEXT PRIMARY KEY REFERENCES op (id),
  deadline_at INTEGER NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('human_task', 'sms', 'email')),
  -- The operation that sends the confirmation; none for a task.
  confirmation TEXT REFERENCES op (id),
  state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'handed_to_human')),
  opened_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
INSERT INTO promise_next SELECT op, deadline_at, channel, NULL, state, opened_at, ended_at FROM promise;
DROP TABLE promise;
ALTER TABLE promise_next RENAME TO promise;
CREATE INDEX promise_open ON promise (deadline_at) WHERE state = 'open';

CREATE TABLE breaker (
  destination TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  paused_until INTEGER NOT NULL
) STRICT;

CREATE TABLE finding (
  op TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('said_not_recorded', 'recorded_not_said', 'field_diff', 'duplicate', 'orphan_remote')),
  destination TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ended_at INTEGER,
  alerted_at INTEGER,
  PRIMARY KEY (op, type)
) STRICT;
CREATE INDEX finding_open ON finding (found_at) WHERE ended_at IS NULL;
CREATE INDEX said_at ON said (audio_started_at);
CREATE TABLE reconciliation (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL CHECK (scope IN ('recent', 'full')),
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  checked INTEGER NOT NULL,
  findings INTEGER NOT NULL,
  unreachable INTEGER NOT NULL
) STRICT;

-- What a person has decided; op may be the key of a record that no operation stands behind.
CREATE TABLE resolution (
  op TEXT PRIMARY KEY,
  decided TEXT NOT NULL CHECK (decided IN ('done', 'dropped')),
  note BLOB NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL
) STRICT;
`,
  },
  {
    // One key per person. Data keys without holders are wrapped with the installation's key; opening the ledger adopts them.
    version: 3,
    sql: `
ALTER TABLE call_key ADD COLUMN holders TEXT;
ALTER TABLE op ADD COLUMN erased_at INTEGER;
CREATE INDEX op_erased ON op (erased_at) WHERE erased_at IS NOT NULL;

-- Ids of keys that were destroyed: they are destroyed again when an old copy of the keys comes back.
CREATE TABLE erasure (
  holder TEXT PRIMARY KEY,
  erased_at INTEGER NOT NULL,
  erased_by TEXT NOT NULL
) STRICT;
`,
  },
];
