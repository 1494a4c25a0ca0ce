import type { CallId } from '../../base/ids.ts';
import { judge } from '../../domain/scenario/judge.ts';
import type { AfterwardsObservation, CallObservation, TransferObservation } from '../../domain/scenario/observation.ts';
import type { Journal } from '../../ports/journal.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { reportOf, type ScenarioReport } from './report.ts';
import type { Scenario } from './scenario.ts';

/** Operations that may still change. */
const OPEN_STATES: ReadonlySet<string> = new Set(['accepted', 'sending', 'unknown']);
const OPERATIONS_MAX = 1000;

/** True when no operation is open, and no promise either: its task comes a moment after its operation is decided. */
export function isSettled(ledger: Pick<Ledger, 'list' | 'promises'>): boolean {
  return (
    !ledger.list({ limit: OPERATIONS_MAX }).some(({ state }) => OPEN_STATES.has(state)) && ledger.promises({ open: true }).length === 0
  );
}

/** What the calls have left in the ledger. */
export function leftInLedger(
  ledger: Pick<Ledger, 'list' | 'messages' | 'tasks'>,
): Pick<AfterwardsObservation, 'operations' | 'messages' | 'openTasks'> {
  return { operations: ledger.list({ limit: OPERATIONS_MAX }), messages: ledger.messages(), openTasks: ledger.tasks({ open: true }) };
}

/** What a person whose telephone rang for a call was given to know; null when none rang. */
export function toldToPerson(journal: Pick<Journal, 'read'>, call: CallId): TransferObservation | null {
  const rung = journal.read(call).findLast(({ type }) => type === 'human.rung');
  const body = rung?.body as { readonly transcript: readonly unknown[]; readonly intent: string; readonly sentiment: string } | undefined;
  return body === undefined ? null : { transcriptLines: body.transcript.length, intent: body.intent, sentiment: body.sentiment };
}

/** The judgement on a scenario that has been played. */
export function judgedReport(
  scenario: Scenario,
  calls: readonly CallObservation[],
  after: AfterwardsObservation,
  timeZone: string,
): ScenarioReport {
  const { expect, order } = scenario;
  return reportOf(scenario, calls, judge({ expect, calls, order, after, practice: { timeZone } }));
}
