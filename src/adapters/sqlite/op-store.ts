import { isAppError } from '../../base/app-error.ts';
import { asCallId, asOpId, type OpId } from '../../base/ids.ts';
import { isRecordPayload, type OpKind, type OpPayload, type OpState } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { RecordLinks } from '../../ports/destination.ts';
import type { AttemptLine, BreakerState, BreakerStore, ClaimedOp, OpStore } from '../../ports/op-store.ts';
import { inTransaction, reading } from './database.ts';
import type { LedgerDb } from './ledger-db.ts';
import { opView, payloadOf, progressOf, readBackOf, readBackPlace, taskView, type OpRow, type TaskRow } from './ledger-rows.ts';
import { promiseSweep } from './promise-rows.ts';
import { advanceAfter } from './saga-rows.ts';
import type { Vault } from './vault.ts';

/** Changes of one record that are looked at. */
const CHANGES_MAX = 1000;
const OPEN_STATES = `('accepted', 'sending', 'unknown', 'committed')`;

/** The worker's view of an open ledger file; closing it is left to who opened the file. */
export function createOpStore(ledger: LedgerDb): OpStore {
  return { ...leases(ledger), ...setBack(ledger), ...lookUps(ledger), ...promiseSweep(ledger), ...breakerStates(ledger) };
}

function leases(ledger: LedgerDb): Pick<OpStore, 'due' | 'claim' | 'renew' | 'save' | 'release'> {
  const { db, vault } = ledger;
  const due = db.prepare<[number, number, string, number], { id: string }>(
    `SELECT id FROM op WHERE turn = 'released' AND state IN ${OPEN_STATES} AND due_at <= ? AND lease_until <= ?
       AND destination NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT ?`,
  );
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const take = db.prepare(
    `UPDATE op SET lease_owner = @owner, lease_until = @untilEpochMs, lease_epoch = lease_epoch + 1
     WHERE id = @op AND turn = 'released' AND state IN ${OPEN_STATES} AND due_at <= @nowEpochMs AND lease_until <= @nowEpochMs`,
  );
  const putOff = db.prepare('UPDATE op SET due_at = ?, lease_owner = NULL, lease_until = 0 WHERE id = ?');
  const renew = db.prepare('UPDATE op SET lease_until = ? WHERE id = ? AND lease_epoch = ? AND lease_owner IS NOT NULL');
  const release = db.prepare('UPDATE op SET lease_owner = NULL, lease_until = 0 WHERE id = ? AND lease_epoch = ?');
  return {
    due: (nowEpochMs, limit, except = []) =>
      reading('looking for due operations', () =>
        due.all(nowEpochMs, nowEpochMs, JSON.stringify(except), limit).map(({ id }) => asOpId(id)),
      ),
    claim: (op, lease) =>
      inTransaction(db, 'claiming an operation', (): ClaimedOp | null => {
        const before = byId.get(op);
        if (before === undefined || take.run({ op, ...lease }).changes === 0) return null;
        const payload = contentOf(before, vault);
        if (payload === null) {
          putOff.run(lease.nowEpochMs + UNREADABLE_MS, op);
          return null;
        }
        const { record_key: key, destination } = before;
        return {
          op,
          key,
          destination,
          payload,
          links: linksOf(ledger, before),
          traceparent: before.traceparent,
          progress: progressOf(before),
          epoch: before.lease_epoch + 1,
          takenOver: before.lease_owner !== null,
        };
      }),
    renew: (op, epoch, untilEpochMs) => inTransaction(db, 'renewing a lease', () => renew.run(untilEpochMs, op, epoch).changes > 0),
    save: (op, epoch, change) => inTransaction(db, 'storing progress', () => saveProgress(ledger, { op, epoch }, change)),
    release: (op, epoch) => {
      inTransaction(db, 'giving a lease back', () => release.run(op, epoch));
    },
  };
}

/** When what cannot be read is looked at again: its key may be put back. Until then it takes nobody's place. */
const UNREADABLE_MS = 600_000;

/** Null for what was erased, and for what no key opens. Throws `ledger_unavailable` when the keys cannot be asked just now. */
function contentOf(row: OpRow, vault: Vault): OpPayload | null {
  try {
    return payloadOf(row, vault);
  } catch (error) {
    const { cause } = error as Error;
    if (!isAppError(error) || (isAppError(cause) && cause.code !== 'secret_unreadable')) throw error;
    return null;
  }
}

/** What the wall clock will not reach for long. */
const AHEAD = `state IN ${OPEN_STATES}
  AND (due_at > @nowEpochMs + @waitMsMax OR accepted_at > @nowEpochMs OR sent_at > @nowEpochMs OR lease_until > @nowEpochMs + @leaseMs)`;

function setBack({ db }: LedgerDb): Pick<OpStore, 'hasten'> {
  const isAhead = db.prepare(`SELECT 1 FROM op WHERE ${AHEAD} LIMIT 1`);
  const arePromisesAhead = db.prepare(`SELECT 1 FROM promise WHERE state = 'open' AND opened_at > ? LIMIT 1`);
  // A holder that lives renews its lease within this one; of what may have been sent it is known that it was no later than now.
  const bringForward = db.prepare(
    `UPDATE op SET due_at = min(due_at, @nowEpochMs), sent_at = min(sent_at, @nowEpochMs), committed_at = min(committed_at, @nowEpochMs),
       lease_until = min(lease_until, @nowEpochMs + @leaseMs) WHERE ${AHEAD}`,
  );
  const shorten = db.prepare(
    `UPDATE promise SET deadline_at = deadline_at - opened_at + @nowEpochMs, opened_at = @nowEpochMs
     WHERE state = 'open' AND opened_at > @nowEpochMs`,
  );
  return {
    hasten: (nowEpochMs, bounds) => {
      const at = { nowEpochMs, ...bounds };
      // As a rule there is nothing to do, and then nothing is written.
      const isNeeded = reading(
        'looking at the clock',
        () => isAhead.get(at) !== undefined || arePromisesAhead.get(nowEpochMs) !== undefined,
      );
      if (!isNeeded) return 0;
      return inTransaction(db, 'making up for the clock', () => {
        shorten.run({ nowEpochMs });
        return bringForward.run(at).changes;
      });
    },
  };
}

type Change = Parameters<OpStore['save']>[2];

function saveProgress(
  ledger: LedgerDb,
  at: { readonly op: OpId; readonly epoch: number },
  { progress, atEpochMs, trace, attempt }: Change,
): boolean {
  const { db, vault } = ledger;
  const row = db.prepare<[string, number], { call: string }>('SELECT call FROM op WHERE id = ? AND lease_epoch = ?').get(at.op, at.epoch);
  if (row === undefined) return false;
  const readBack = trace?.readBack === undefined ? null : vault.seal(asCallId(row.call), readBackPlace(at.op), trace.readBack);
  db.prepare(
    `UPDATE op SET state = @state, attempts = @attempts, failures = @failures, crashes = @crashes, absences = @absences,
       overlap = @overlap, due_at = @dueAtEpochMs, sent_at = @sentAtEpochMs, committed_at = @committedAtEpochMs,
       verified_at = @verifiedAtEpochMs, error_code = @errorCode, read_back = coalesce(@readBack, read_back),
       remote_id = coalesce(@remoteId, remote_id), remote_etag = coalesce(@etag, remote_etag)
     WHERE id = @op AND lease_epoch = @epoch`,
  ).run({ ...progress, ...at, readBack, remoteId: trace?.remoteId ?? null, etag: trace?.etag ?? null });
  if (attempt !== undefined) addAttempt(ledger, at.op, attempt);
  // A decided operation is nobody's any more, so that its lease can never look like the lease of one who died.
  if (isFinal(progress.state)) {
    db.prepare('UPDATE op SET lease_owner = NULL, lease_until = 0 WHERE id = ?').run(at.op);
    advanceAfter(ledger, at.op, atEpochMs);
  }
  return true;
}

function breakerStates({ db }: LedgerDb): BreakerStore {
  const all = db.prepare<[], BreakerState>(
    'SELECT destination, failures, paused_until AS pausedUntilEpochMs FROM breaker ORDER BY destination',
  );
  const put = db.prepare(
    `INSERT INTO breaker (destination, failures, paused_until) VALUES (@destination, @failures, @pausedUntilEpochMs)
     ON CONFLICT (destination) DO UPDATE SET failures = excluded.failures, paused_until = excluded.paused_until`,
  );
  const remove = db.prepare('DELETE FROM breaker WHERE destination = ?');
  return {
    breakers: () => reading('reading breakers', () => all.all()),
    saveBreaker: (state) => {
      inTransaction(db, 'storing a breaker', () => (state.failures === 0 ? remove.run(state.destination) : put.run(state)));
    },
  };
}

/** What the same plan has written in the same destination already. */
function linksOf({ db }: LedgerDb, { saga, destination, id }: OpRow): RecordLinks {
  if (saga === null) return {};
  const rows = db
    .prepare<[string, string, string], { kind: OpKind; remote_id: string }>(
      `SELECT kind, remote_id FROM op WHERE saga = ? AND destination = ? AND id <> ? AND state = 'verified' AND remote_id IS NOT NULL
         AND kind IN ('contact', 'booking')`,
    )
    .all(saga, destination, id);
  return Object.fromEntries(rows.map(({ kind, remote_id }) => [kind, remote_id]));
}

function addAttempt({ db }: LedgerDb, op: OpId, line: AttemptLine): void {
  db.prepare(
    `INSERT INTO attempt (op, n, phase, started_at, ended_at, outcome, code)
     SELECT @op, coalesce(max(n), 0) + 1, @phase, @startedAtEpochMs, @endedAtEpochMs, @outcome, @code FROM attempt WHERE op = @op`,
  ).run({ ...line, op });
}

function lookUps(ledger: LedgerDb): Pick<OpStore, 'get' | 'destinationOf' | 'record' | 'isBeingTakenBack' | 'tasks' | 'countByState'> {
  const { db, vault } = ledger;
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const destination = db.prepare<[string], { destination: string }>('SELECT destination FROM op WHERE id = ?');
  const tasks = db.prepare<[number], TaskRow>('SELECT * FROM task WHERE (? = 0 OR done_at IS NULL) ORDER BY created_at, id LIMIT 1000');
  const changes = db.prepare<[string], { id: string; kind: OpKind; state: OpState }>(
    `SELECT id, kind, state FROM op WHERE target = ? ORDER BY id LIMIT ${CHANGES_MAX}`,
  );
  const takenBack = db.prepare<[string, string]>(`SELECT 1 FROM op WHERE record_key = ? AND destination = ? AND state = 'compensating'`);
  const counts = db.prepare<[], { state: OpState; n: number }>('SELECT state, count(*) AS n FROM op GROUP BY state');
  return {
    get: (op) =>
      reading('reading an operation', () => {
        const row = byId.get(op);
        return row === undefined ? null : opView(row, vault);
      }),
    destinationOf: (op) => reading('reading an operation', () => destination.get(op)?.destination ?? null),
    record: (op) =>
      reading('reading an operation', () => {
        const row = byId.get(op);
        if (row === undefined) return null;
        const stands = row.state === 'verified' || row.state === 'compensating';
        const held = stands ? (readBackOf(row, vault) ?? payloadOf(row, vault)) : null;
        return {
          key: row.record_key,
          state: row.state,
          held: held !== null && isRecordPayload(held) ? held : null,
          changes: changes.all(op).map(({ id, kind, state }) => ({ op: asOpId(id), kind, state })),
        };
      }),
    isBeingTakenBack: ({ key, destination: place }) => reading('looking for a key', () => takenBack.get(key, place) !== undefined),
    tasks: ({ open }) => reading('listing tasks', () => tasks.all(open ? 1 : 0).map((row) => taskView(row, vault))),
    countByState: () => reading('counting operations', () => Object.fromEntries(counts.all().map(({ state, n }) => [state, n]))),
  };
}
