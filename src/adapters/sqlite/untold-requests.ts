import type { Clock } from '../../base/clock.ts';
import { asOpId } from '../../base/ids.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { inTransaction, reading } from './database.ts';
import type { Planner } from '../../domain/writeback/plan.ts';
import type { LedgerDb } from './ledger-db.ts';
import { insertPromise } from './promise-rows.ts';

/** Requests that one look takes up; the next look finds the rest. */
const UNTOLD_MAX = 1000;

/**
 * A confirmation that was heard holds unless the request ended otherwise; a failure holds for the state that it was told of, since "I
 * could not do that" may have been said of what stands by now.
 */
const UNTOLD = `
  op.role = 'pivot' AND op.erased_at IS NULL
  AND (op.kind IN ('booking', 'reschedule', 'cancel') OR (op.kind = 'message' AND op.state IN ('rejected', 'conflict', 'compensated')))
  AND NOT EXISTS (
    SELECT 1 FROM said WHERE said.op = op.id AND (
      (said.claim = 'committed' AND op.state IN ('accepted', 'sending', 'unknown', 'committed', 'verified'))
      OR (said.claim = 'failed' AND said.op_state = op.state)))
  AND NOT EXISTS (SELECT 1 FROM promise WHERE promise.op = op.id)
  AND NOT EXISTS (SELECT 1 FROM task WHERE task.op = op.id)
  AND NOT EXISTS (SELECT 1 FROM resolution WHERE resolution.op = op.id)`;

/** Requests of calls that are over whose callers have not heard what came of them. */
export function untoldRequests(ledger: LedgerDb, clock: Clock, planner: Planner): Pick<Ledger, 'promiseUntold'> {
  const { db } = ledger;
  const ofCall = db.prepare<[string], { id: string }>(`SELECT id FROM op WHERE call = ? AND ${UNTOLD} LIMIT ${UNTOLD_MAX}`);
  const ofOthers = db.prepare<[string], { id: string }>(
    `SELECT id FROM op WHERE call NOT IN (SELECT value FROM json_each(?)) AND ${UNTOLD} ORDER BY id LIMIT ${UNTOLD_MAX}`,
  );
  return {
    promiseUntold: (calls, deadlineEpochMs) => {
      const find = (): readonly { id: string }[] => ('over' in calls ? ofCall.all(calls.over) : ofOthers.all(JSON.stringify(calls.live)));
      // As a rule there is nothing to do, and then nothing is written.
      if (reading('looking for untold requests', find).length === 0) return [];
      return inTransaction(db, 'opening promises for untold requests', () =>
        find().map(({ id }) => {
          insertPromise(ledger, { op: asOpId(id), deadlineEpochMs, planner }, clock.epochMs());
          return asOpId(id);
        }),
      );
    },
  };
}
