import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { faultPoint } from '../../base/fault-point.ts';
import { asCallId, asOpId } from '../../base/ids.ts';
import { invariant } from '../../base/invariant.ts';
import type { InboxMessage, MessagePayload, OpView } from '../../domain/writeback/intent.ts';
import { fingerprintOf, opKey } from '../../domain/writeback/op-key.ts';
import { createPlanner, type Planner } from '../../domain/writeback/plan.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { inTransaction, reading } from './database.ts';
import { deskDecisions } from './desk-rows.ts';
import { deskLookUps } from './history-rows.ts';
import { insertTask, openLedgerDb, type LedgerDb, type LedgerDbOptions } from './ledger-db.ts';
import { inboxPlace, opView, promiseView, taskView, type OpRow, type PromiseRow, type TaskRow } from './ledger-rows.ts';
import { insertPromise } from './promise-rows.ts';
import { insertIntent } from './saga-rows.ts';
import { untoldRequests } from './untold-requests.ts';

/** Rows that one listing returns at most. */
const ROWS_MAX = 1000;

export type LedgerOptions = LedgerDbOptions & { readonly clock: Clock; readonly planner?: Planner };

/**
 * The ledger for the daemon and the command line. Every write is on disk when it returns. Throws what the port names, and at opening
 * what `openSealedDb` throws.
 */
export function openLedger(options: LedgerOptions): Ledger {
  const ledger = openLedgerDb(options);
  return { ...createLedger(ledger, options.clock, options.planner), close: () => ledger.close() };
}

/** The daemon's view of an open ledger file; closing it is left to who opened the file. */
export function createLedger(ledger: LedgerDb, clock: Clock, planner: Planner = createPlanner()): Omit<Ledger, 'close'> {
  return {
    ...operations(ledger, clock, planner),
    ...promisesAndTasks(ledger, clock, planner),
    ...untoldRequests(ledger, clock, planner),
    ...listings(ledger),
    ...deskDecisions(ledger, clock, planner),
    ...deskLookUps(ledger),
  };
}

type OperationPart = Pick<Ledger, 'accept' | 'get' | 'bearsOut' | 'recordSaid'>;

function operations(ledger: LedgerDb, clock: Clock, planner: Planner): OperationPart {
  const { db, vault } = ledger;
  const byId = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?');
  const byKey = db.prepare<[string], OpRow>('SELECT * FROM op WHERE key = ?');
  const get = (op: string): OpView | null => {
    const row = byId.get(op);
    return row === undefined ? null : opView(row, vault);
  };
  return {
    accept: (intent) => {
      const key = opKey(intent);
      const accepted = inTransaction(db, 'accepting an operation', () => {
        const existing = byKey.get(key);
        // A repeat of what was erased finds its key and is not carried out again, and a call that was erased asks for nothing more.
        if (vault.isErased(intent.call)) throw new AppError('subject_erased', `call ${intent.call} was erased`);
        if (existing === undefined) return get(insertIntent(ledger, intent, planner, clock.epochMs()));
        if (existing.fingerprint === fingerprintOf(intent.payload)) return opView(existing, vault);
        throw new AppError('key_reused', `operation ${existing.id} has the same key and another content`, { details: { op: existing.id } });
      });
      invariant(accepted !== null, 'an accepted operation can be read');
      faultPoint('after_accept');
      return accepted;
    },
    get: (op) => reading('reading an operation', () => get(op)),
    bearsOut: ({ op, fingerprint }) =>
      reading('reading an operation', () => {
        const row = byId.get(op);
        return row?.state === 'verified' && row.fingerprint === fingerprint;
      }),
    recordSaid: (row) => {
      inTransaction(db, 'recording what was said', () =>
        db
          .prepare(
            `INSERT INTO said (op, utterance, call, claim, op_state, audio_started_at)
             VALUES (@op, @utterance, @call, @claim, @opState, @audioStartedAtEpochMs) ON CONFLICT DO NOTHING`,
          )
          .run(row),
      );
    },
  };
}

type PromiseAndTaskPart = Pick<Ledger, 'openPromise' | 'addTask' | 'tasks' | 'finishTask' | 'promises'>;

function promisesAndTasks(ledger: LedgerDb, clock: Clock, planner: Planner): PromiseAndTaskPart {
  const { db, vault } = ledger;
  const promiseOf = db.prepare<[string], PromiseRow>('SELECT * FROM promise WHERE op = ?');
  const taskOf = db.prepare<[string], TaskRow>('SELECT * FROM task WHERE id = ?');
  const openTasks = db.prepare<[], TaskRow>(`SELECT * FROM task WHERE done_at IS NULL ORDER BY created_at, id LIMIT ${ROWS_MAX}`);
  const newestTasks = `SELECT * FROM task ORDER BY created_at DESC, id DESC LIMIT ${ROWS_MAX}`;
  const allTasks = db.prepare<[], TaskRow>(`SELECT * FROM (${newestTasks}) ORDER BY created_at, id`);
  const openPromises = db.prepare<[], PromiseRow>(`SELECT * FROM promise WHERE state = 'open' ORDER BY deadline_at LIMIT ${ROWS_MAX}`);
  const latestPromises = `SELECT * FROM promise ORDER BY deadline_at DESC LIMIT ${ROWS_MAX}`;
  const allPromises = db.prepare<[], PromiseRow>(`SELECT * FROM (${latestPromises}) ORDER BY deadline_at`);
  return {
    openPromise: (op, deadlineEpochMs) =>
      inTransaction(db, 'opening a promise', () => {
        insertPromise(ledger, { op, deadlineEpochMs, planner }, clock.epochMs());
        const row = promiseOf.get(op);
        invariant(row !== undefined, 'a promise that was opened is there');
        return promiseView(row);
      }),
    addTask: (task) => inTransaction(db, 'adding a task', () => insertTask(ledger, task, clock.epochMs())),
    tasks: ({ open }) => reading('listing tasks', () => (open ? openTasks : allTasks).all().map((row) => taskView(row, vault))),
    finishTask: (id) =>
      inTransaction(db, 'finishing a task', () => {
        db.prepare('UPDATE task SET done_at = ? WHERE id = ? AND done_at IS NULL').run(clock.epochMs(), id);
        const row = taskOf.get(id);
        if (row === undefined) throw new AppError('not_found', `there is no task ${id}`);
        return taskView(row, vault);
      }),
    promises: ({ open }) => reading('listing promises', () => (open ? openPromises : allPromises).all().map(promiseView)),
  };
}

interface InboxRow {
  readonly id: string;
  readonly op: string;
  readonly call: string;
  readonly received_at: number;
  readonly body: Buffer;
}

function listings(ledger: LedgerDb): Pick<Ledger, 'list' | 'messages' | 'bookingsOf'> {
  const { db, vault } = ledger;
  const ofCall = db.prepare<[string, number], OpRow>('SELECT * FROM op WHERE call = ? ORDER BY seq DESC, id DESC LIMIT ?');
  const newest = db.prepare<[number], OpRow>('SELECT * FROM op ORDER BY id DESC LIMIT ?');
  const inbox = db.prepare<[], InboxRow>(
    `SELECT inbox.*, op.call FROM inbox JOIN op ON op.id = inbox.op ORDER BY received_at DESC, inbox.id DESC LIMIT ${ROWS_MAX}`,
  );
  // An appointment that was moved or cancelled since is not one of the caller's any more.
  const standing = db.prepare<[string], OpRow>(
    `SELECT * FROM op WHERE subject = ? AND state = 'verified' AND kind IN ('booking', 'reschedule')
       AND NOT EXISTS (SELECT 1 FROM op AS later WHERE later.target = op.id AND later.state = 'verified')
     ORDER BY accepted_at DESC, id DESC LIMIT ${ROWS_MAX}`,
  );
  const views = (rows: readonly OpRow[]): readonly OpView[] => rows.flatMap((row) => opView(row, vault) ?? []);
  return {
    list: ({ call, limit }) => {
      const count = Math.min(limit, ROWS_MAX);
      return reading('listing operations', () => views(call === undefined ? newest.all(count) : ofCall.all(call, count)));
    },
    messages: () =>
      reading('listing messages', () =>
        inbox.all().flatMap((row): readonly InboxMessage[] => {
          const body = vault.open(asCallId(row.call), inboxPlace(row.id), row.body) as MessagePayload | null;
          if (body === null) return [];
          const { name, phone, text, urgent } = body;
          return [
            { id: row.id, op: asOpId(row.op), call: asCallId(row.call), receivedAtEpochMs: row.received_at, name, phone, text, urgent },
          ];
        }),
      ),
    bookingsOf: (phone) => reading('listing bookings', () => views(standing.all(vault.indexOf(phone)))),
  };
}
