import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { noteLimit } from '../../limit.ts';
import { formatInstant } from '../../output.ts';

export function runPromisesList(options: JsonOption & { readonly all?: boolean }, deps: CliDeps): void {
  const promises = deps.ledgerIfThere()?.promises({ open: options.all !== true }) ?? [];
  if (options.json === true) return deps.output.json(promises);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['operation', 'until', 'channel', 'state'],
    promises.map((one) => [one.op, formatInstant(one.deadlineEpochMs, timeZone), one.channel, one.state]),
  );
  if (promises.length === 0) deps.output.note(options.all === true ? 'No promises.' : 'No open promises.');
  noteLimit(promises, deps);
  return undefined;
}

export function registerPromisesList(promises: Command, deps: CliDeps): void {
  promises
    .command('list')
    .description('what callers were promised, the most urgent first')
    .option('--all', 'also those that have ended')
    .option('--json', 'print JSON')
    .action((options: JsonOption & { all?: boolean }) => runPromisesList(options, deps));
}
