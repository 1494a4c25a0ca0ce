import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reading } from '../../ports/metrics.ts';
import type { LedgerDb } from './ledger-db.ts';
import { reading } from './database.ts';

/** Rows that one look reads at most, per table; beyond that a number is too low, and still alarming. */
const ROWS_MAX = 5000;
const MS_PER_S = 1000;

const OPEN_STATES = ['accepted', 'sending', 'unknown', 'committed'] as const;
const CHANNELS = ['human_task', 'sms', 'email'] as const;
const REASONS = ['confirm_booking', 'needs_human', 'callback', 'conflict_after_promise', 'transfer_missed'] as const;
const MISMATCHES = ['said_not_recorded', 'recorded_not_said', 'field_diff', 'duplicate', 'orphan_remote'] as const;

export interface LedgerReadingOptions {
  /** Destinations of the configuration: they are told of although nothing is open. */
  readonly destinations: readonly string[];
  /** Failures in a row after which a destination is left alone. */
  readonly breakerFailuresMax: number;
  readonly nowEpochMs: () => number;
}

interface Counted {
  readonly name: string;
  readonly n: number;
}

/** Numbers by name; `op` and `promise`, which grow for ever, are walked along indexes of what is open. */
const OPEN_SQL = `
SELECT destination, state, count(*) AS n, min(accepted_at) AS oldest FROM
  (SELECT destination, state, accepted_at FROM op
   WHERE turn = 'released' AND state IN ('accepted', 'sending', 'unknown', 'committed') LIMIT ${ROWS_MAX})
GROUP BY destination, state`;
const LATE_SQL = `SELECT count(*) AS n FROM (SELECT 1 FROM promise WHERE state = 'open' AND deadline_at < ? LIMIT ${ROWS_MAX})`;
const DEAD_SQL = `
SELECT destination AS name, count(*) AS n FROM
  (SELECT id, destination FROM op WHERE state IN ('dead', 'needs_human') ORDER BY id DESC LIMIT ${ROWS_MAX}) AS stuck
WHERE NOT EXISTS (SELECT 1 FROM task WHERE task.op = stuck.id AND task.done_at IS NOT NULL) GROUP BY destination`;
const PROMISE_SQL = `
SELECT channel AS name, count(*) AS n FROM (SELECT channel FROM promise WHERE state = 'open' LIMIT ${ROWS_MAX}) GROUP BY channel`;
const TASK_SQL = `
SELECT reason AS name, count(*) AS n FROM (SELECT reason, done_at FROM task ORDER BY rowid DESC LIMIT ${ROWS_MAX})
WHERE done_at IS NULL GROUP BY reason`;
const FINDING_SQL = `
SELECT type AS name, count(*) AS n FROM (SELECT type FROM finding WHERE ended_at IS NULL LIMIT ${ROWS_MAX}) GROUP BY type`;
const PASS_SQL = `
SELECT scope AS name, max(ended_at) AS n FROM
  (SELECT scope, ended_at, unreachable FROM reconciliation ORDER BY id DESC LIMIT ${ROWS_MAX})
WHERE unreachable = 0 GROUP BY scope`;

/** What the ledger holds at present, by bounded queries. What it returns is called at every look; throws `ledger_unavailable`. */
export function createLedgerReadings({ db }: LedgerDb, options: LedgerReadingOptions): () => readonly Reading[] {
  const open = db.prepare<[], { destination: string; state: string; n: number; oldest: number }>(OPEN_SQL);
  const late = db.prepare<[number], { n: number }>(LATE_SQL);
  const dead = db.prepare<[], Counted>(DEAD_SQL);
  const promises = db.prepare<[], Counted>(PROMISE_SQL);
  const tasks = db.prepare<[], Counted>(TASK_SQL);
  const findings = db.prepare<[], Counted>(FINDING_SQL);
  const passes = db.prepare<[], Counted>(PASS_SQL);
  const breakers = db.prepare<[], { destination: string; failures: number; paused_until: number }>(
    `SELECT destination, failures, paused_until FROM breaker LIMIT ${ROWS_MAX}`,
  );
  const operations = (nowEpochMs: number): readonly Reading[] => {
    const rows = open.all();
    const names = new Set([...options.destinations, ...rows.map(({ destination }) => destination)]);
    return [...names].flatMap((destination) => {
      const own = rows.filter((row) => row.destination === destination);
      const oldest = Math.min(nowEpochMs, ...own.map((row) => row.oldest));
      return [
        ...OPEN_STATES.map((state): Reading => {
          return { name: 'writeback_open_ops', labels: { destination, state }, value: own.find((row) => row.state === state)?.n ?? 0 };
        }),
        { name: 'writeback_oldest_open_seconds', labels: { destination }, value: (nowEpochMs - oldest) / MS_PER_S } as const,
      ];
    });
  };
  const circuits = (nowEpochMs: number): readonly Reading[] => {
    const rows = breakers.all();
    const names = new Set([...options.destinations, ...rows.map(({ destination }) => destination)]);
    return [...names].map((destination) => {
      const row = rows.find((one) => one.destination === destination);
      const isTripped = row !== undefined && row.failures >= options.breakerFailuresMax;
      return { name: 'circuit_state', labels: { destination }, value: !isTripped ? 0 : row.paused_until > nowEpochMs ? 2 : 1 };
    });
  };
  return () =>
    reading('reading the measures of the ledger', () => {
      const nowEpochMs = options.nowEpochMs();
      return [
        ...operations(nowEpochMs),
        { name: 'writeback_past_deadline_ops', labels: {}, value: late.get(nowEpochMs)?.n ?? 0 },
        ...listed('dead_letter_ops', 'destination', options.destinations, dead.all()),
        ...listed('promise_open', 'channel', CHANNELS, promises.all()),
        ...listed('task_open', 'reason', REASONS, tasks.all()),
        ...listed('recon_mismatch', 'type', MISMATCHES, findings.all()),
        ...passes
          .all()
          .map(({ name, n }) => ({ name: 'recon_last_success_timestamp_seconds', labels: { scope: name }, value: n / MS_PER_S }) as const),
        ...circuits(nowEpochMs),
        ...storage(db.name, Number(db.pragma('synchronous', { simple: true }))),
      ];
    });
}

/** A number for every name, zero included: what is absent cannot be told from what is well. */
function listed(name: Reading['name'], label: string, names: readonly string[], rows: readonly Counted[]): readonly Reading[] {
  const all = new Set([...names, ...rows.map((row) => row.name)]);
  return [...all].map((one) => ({ name, labels: { [label]: one }, value: rows.find((row) => row.name === one)?.n ?? 0 }));
}

function storage(path: string, synchronous: number): readonly Reading[] {
  const { bavail, blocks } = statfsSync(dirname(path));
  return [
    { name: 'ledger_synchronous_mode', labels: {}, value: synchronous },
    { name: 'ledger_wal_bytes', labels: {}, value: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0 },
    { name: 'disk_free_ratio', labels: {}, value: blocks === 0 ? 0 : bavail / blocks },
  ];
}
