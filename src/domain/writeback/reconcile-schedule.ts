import { addDays, localTime, zonedEpochMs } from '../hours/local-date.ts';
import type { ReconcileScope } from './reconcile.ts';

/** Between two looks at what changed a moment ago, in milliseconds. */
const RECENT_EVERY_MS = 120_000;
/** Minute of the practice's day at which everything is compared: 02:30. */
const FULL_AT_MINUTE = 150;

/** When the last reconciliations ended, by the ledger; null when there was none. Epoch milliseconds. */
export interface LastRuns {
  readonly recent: number | null;
  readonly full: number | null;
}

/** The reconciliation that is due, null when none is. A full one looks at what is recent too. */
export function dueReconciliation(nowEpochMs: number, last: LastRuns, timeZone: string): ReconcileScope | null {
  if ((last.full ?? 0) < lastNight(nowEpochMs, timeZone)) return 'full';
  const newest = Math.max(last.recent ?? 0, last.full ?? 0);
  // A clock that was set back makes one too many rather than none.
  return nowEpochMs - newest >= RECENT_EVERY_MS || newest > nowEpochMs ? 'recent' : null;
}

/** The last time that it was 02:30 in the practice. */
function lastNight(nowEpochMs: number, timeZone: string): number {
  const { day } = localTime(nowEpochMs, timeZone);
  const today = zonedEpochMs(day, FULL_AT_MINUTE, timeZone);
  return today <= nowEpochMs ? today : zonedEpochMs(addDays(day, -1), FULL_AT_MINUTE, timeZone);
}
