import { AppError } from '../base/app-error.ts';
import { isAlerting } from '../domain/writeback/reconcile.ts';
import type { LedgerDesk } from '../ports/ledger-desk.ts';
import type { FindingView } from '../ports/reconcile-store.ts';

/** Age of the newest comparison at which something is wrong with the worker, in milliseconds. */
const AGE_MS_MAX = 900_000;
const MINUTE_MS = 60_000;

/** Code of a finding in alerts and in `doctor`. */
const CODES = { said_not_recorded: 'said_not_recorded', duplicate: 'record_duplicate', orphan_remote: 'record_orphan' } as const;

/** The findings that somebody has to do something about. */
export function alertingOf(findings: readonly FindingView[]): readonly FindingView[] {
  return findings.filter(({ type }) => isAlerting(type));
}

/** How many records differ; throws with the code of the first finding that is alarming. */
export function lookAtFindings(ledger: Pick<LedgerDesk, 'findings'>): string {
  const open = ledger.findings({ open: true });
  const alerting = alertingOf(open);
  const [first] = alerting;
  if (first === undefined) return open.length === 0 ? 'agree with the destinations' : `${open.length} differ, none of them alarming`;
  const code = first.type in CODES ? CODES[first.type as keyof typeof CODES] : 'said_not_recorded';
  throw new AppError(code, `${alerting.length} records are not as they should be; the oldest is ${first.op} in ${first.destination}`);
}

/** When ledger and destinations were compared last. Throws `reconciliation_late`. */
export function lookAtReconciliation(ledger: Pick<LedgerDesk, 'lastReconciliation'>, nowEpochMs: number): string {
  const ended = (['recent', 'full'] as const).flatMap((scope) => ledger.lastReconciliation(scope)?.endedAtEpochMs ?? []);
  if (ended.length === 0) return 'not yet; the first one follows within minutes';
  const ageMs = nowEpochMs - Math.max(...ended);
  const minutes = Math.max(0, Math.round(ageMs / MINUTE_MS));
  if (ageMs > AGE_MS_MAX) throw new AppError('reconciliation_late', `the last comparison was ${minutes} minutes ago`);
  return `${minutes} minutes ago`;
}
