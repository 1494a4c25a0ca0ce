import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { formatInstant } from '../../output.ts';

export function runCallsList(options: JsonOption & { readonly limit: string }, deps: CliDeps): void {
  const calls = deps.journal().list({ limit: Number(options.limit) });
  if (options.json === true) return deps.output.json(calls);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['call', 'started', 'ended', 'outcome', 'entries'],
    calls.map((call) => [
      call.call,
      formatInstant(call.startedAtEpochMs, timeZone),
      formatInstant(call.endedAtEpochMs, timeZone),
      call.outcome ?? '-',
      String(call.entries),
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
