import type { Command } from 'commander';
import type { CallSummary } from '../../../ports/journal.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { LIMIT_MAX, parseLimit } from '../../limit.ts';
import { formatInstant } from '../../output.ts';
import { outcomeState, sayOutcome, type OutcomeState } from './outcome-state.ts';

const OPERATIONS_MAX = 20;

/** A call with what the ledger says: `outcome` is what was agreed, `outcomeState` what has come of it. */
interface ListedCall extends CallSummary {
  readonly outcomeState: OutcomeState | null;
  readonly operations: readonly string[];
}

function listed(call: CallSummary, deps: CliDeps): ListedCall {
  const operations = deps.ledgerIfThere()?.list({ call: call.call, limit: OPERATIONS_MAX }) ?? [];
  return {
    ...call,
    outcomeState: outcomeState(call.outcome, operations),
    operations: operations.map(({ kind, state }) => `${kind} ${state}`),
  };
}

export function runCallsList(options: JsonOption & { readonly limit: number }, deps: CliDeps): void {
  const calls = (deps.journalIfThere()?.list({ limit: options.limit }) ?? []).map((call) => listed(call, deps));
  if (options.json === true) return deps.output.json(calls);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['call', 'started', 'ended', 'outcome', 'operations'],
    calls.map((call) => [
      call.call,
      formatInstant(call.startedAtEpochMs, timeZone),
      formatInstant(call.endedAtEpochMs, timeZone),
      sayOutcome(call.outcome, call.outcomeState),
      call.operations.join(', '),
    ]),
  );
  if (calls.length === 0) deps.output.note('No calls yet.');
  return undefined;
}

export function registerCallsList(calls: Command, deps: CliDeps): void {
  calls
    .command('list')
    .description('calls, newest first')
    .option('--limit <n>', `at most this many, up to ${LIMIT_MAX}`, parseLimit, 50)
    .option('--json', 'print JSON')
    .action((options: JsonOption & { limit: number }) => runCallsList(options, deps));
}
