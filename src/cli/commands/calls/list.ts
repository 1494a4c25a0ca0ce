import type { Command } from 'commander';
import type { CallSummary } from '../../../ports/journal.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { formatInstant } from '../../output.ts';

const OPERATIONS_MAX = 20;

/** States of the call's operations: the outcome says what was agreed, these say what has come of it. */
function operationsOf(call: CallSummary, deps: CliDeps): readonly string[] {
  return deps
    .ledger()
    .list({ call: call.call, limit: OPERATIONS_MAX })
    .map(({ kind, state }) => `${kind} ${state}`);
}

export function runCallsList(options: JsonOption & { readonly limit: string }, deps: CliDeps): void {
  const calls = deps
    .journal()
    .list({ limit: Number(options.limit) })
    .map((call) => ({ ...call, operations: operationsOf(call, deps) }));
  if (options.json === true) return deps.output.json(calls);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['call', 'started', 'ended', 'outcome', 'operations'],
    calls.map((call) => [
      call.call,
      formatInstant(call.startedAtEpochMs, timeZone),
      formatInstant(call.endedAtEpochMs, timeZone),
      call.outcome ?? '-',
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
    .option('--limit <n>', 'at most this many', '50')
    .option('--json', 'print JSON')
    .action((options: JsonOption & { limit: string }) => runCallsList(options, deps));
}
