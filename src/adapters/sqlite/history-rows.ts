import { AppError } from '../../base/app-error.ts';
import { asCallId, asOpId, asUtteranceId, type OpId } from '../../base/ids.ts';
import type { OpState, OpView } from '../../domain/writeback/intent.ts';
import type { Plan } from '../../domain/writeback/plan.ts';
import type { ResolveAs } from '../../domain/writeback/reopen.ts';
import type { AttemptView, LedgerDesk, OpHistory, ResolutionView } from '../../ports/ledger-desk.ts';
import type { SaidRow } from '../../ports/said.ts';
import { reading } from './database.ts';
import { findingView, lastReconciliation, SELECT_FINDINGS, type FindingRow } from './finding-rows.ts';
import type { LedgerDb } from './ledger-db.ts';
import { notePlace, opView, promiseView, type OpRow, type PromiseRow } from './ledger-rows.ts';

/** Rows that one listing returns at most. */
const ROWS_MAX = 1000;

/** What people look up in the ledger. */
export function deskLookUps(ledger: LedgerDb): Pick<LedgerDesk, 'history' | 'page' | 'findings' | 'lastReconciliation'> {
  const { db, vault } = ledger;
  const since = db.prepare<[string, number, number], OpRow>('SELECT * FROM op WHERE id > ? AND accepted_at >= ? ORDER BY id LIMIT ?');
  const open = db.prepare<[], FindingRow>(
    `${SELECT_FINDINGS} WHERE ended_at IS NULL ORDER BY found_at, finding.op, type LIMIT ${ROWS_MAX}`,
  );
  const all = db.prepare<[], FindingRow>(`${SELECT_FINDINGS} ORDER BY found_at DESC, finding.op, type LIMIT ${ROWS_MAX}`);
  return {
    history: (op) => reading('reading the history of an operation', () => historyOf(ledger, op)),
    page: ({ sinceEpochMs, after, limit }) =>
      reading('reading a page of operations', () => {
        const rows = since.all(after ?? '', sinceEpochMs, Math.min(limit, ROWS_MAX));
        const last = rows.at(-1);
        const isLast = last === undefined || rows.length < Math.min(limit, ROWS_MAX);
        return { rows: rows.flatMap((row) => opView(row, vault) ?? []), next: isLast ? null : asOpId(last.id) };
      }),
    findings: (options) => reading('listing findings', () => (options.open ? open : all).all().map(findingView)),
    lastReconciliation: (scope) => reading('reading reconciliations', () => lastReconciliation(db, scope)),
  };
}

interface ResolutionRow {
  readonly decided: ResolveAs;
  readonly note: Buffer;
  readonly decided_by: string;
  readonly decided_at: number;
  readonly call: string | null;
  readonly state: OpState | null;
}

/** What a person has decided about an operation, or a record's key; null when nobody has. */
export function resolutionOf({ db, vault }: LedgerDb, op: string): ResolutionView | null {
  const row = db
    .prepare<[string], ResolutionRow>(
      `SELECT resolution.*, op.call, op.state FROM resolution LEFT JOIN op ON op.id = resolution.op WHERE resolution.op = ?`,
    )
    .get(op);
  if (row === undefined) return null;
  const note = vault.open(row.call === null ? null : asCallId(row.call), notePlace(op), row.note);
  return {
    op,
    as: row.decided,
    note: typeof note === 'string' ? note : '(erased)',
    by: row.decided_by,
    atEpochMs: row.decided_at,
    state: row.state,
  };
}

interface SaidLine {
  readonly op: string;
  readonly call: string;
  readonly utterance: string;
  readonly claim: SaidRow['claim'];
  readonly op_state: OpState;
  readonly audio_started_at: number;
}

const saidRow = (row: SaidLine): SaidRow => ({
  op: asOpId(row.op),
  call: asCallId(row.call),
  utterance: asUtteranceId(row.utterance),
  claim: row.claim,
  opState: row.op_state,
  audioStartedAtEpochMs: row.audio_started_at,
});

function planOf({ db }: LedgerDb, saga: string | null): OpHistory['plan'] {
  if (saga === null) return null;
  const row = db
    .prepare<[string], { plan: string; state: NonNullable<OpHistory['plan']>['state'] }>('SELECT plan, state FROM saga WHERE id = ?')
    .get(saga);
  return row === undefined ? null : { steps: JSON.parse(row.plan) as Plan, state: row.state };
}

/** The operations of its plan and the confirmation of its promise; itself alone otherwise. */
function stepsOf({ db, vault }: LedgerDb, { id, saga }: OpRow): readonly OpView[] {
  return db
    .prepare<[string, string | null, string], OpRow>(
      `SELECT * FROM op WHERE id = ? OR saga = ? OR id = (SELECT confirmation FROM promise WHERE op = ?) ORDER BY position, id LIMIT ${ROWS_MAX}`,
    )
    .all(id, saga, id)
    .flatMap((row) => opView(row, vault) ?? []);
}

function historyOf(ledger: LedgerDb, id: OpId): OpHistory | null {
  const { db, vault } = ledger;
  const row = db.prepare<[string], OpRow>('SELECT * FROM op WHERE id = ?').get(id);
  if (row === undefined) return null;
  const op = opView(row, vault);
  if (op === null) throw new AppError('subject_erased', `operation ${id} was erased`);
  const promise = db.prepare<[string], PromiseRow>('SELECT * FROM promise WHERE op = ?').get(id);
  return {
    op,
    plan: planOf(ledger, row.saga),
    steps: stepsOf(ledger, row),
    said: db.prepare<[string], SaidLine>('SELECT * FROM said WHERE op = ? ORDER BY audio_started_at').all(id).map(saidRow),
    promise: promise === undefined ? null : promiseView(promise),
    attempts: db
      .prepare<[string], AttemptView>(
        `SELECT phase, started_at AS startedAtEpochMs, ended_at AS endedAtEpochMs, outcome, code FROM attempt WHERE op = ? ORDER BY n
         LIMIT ${ROWS_MAX}`,
      )
      .all(id),
    findings: db.prepare<[string], FindingRow>(`${SELECT_FINDINGS} WHERE finding.op = ? ORDER BY found_at`).all(id).map(findingView),
    resolution: resolutionOf(ledger, id),
  };
}
