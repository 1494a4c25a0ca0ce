import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { noteLimit } from '../../limit.ts';
import { formatInstant } from '../../output.ts';

export function runTasksList(options: JsonOption & { readonly all?: boolean }, deps: CliDeps): void {
  const tasks = deps.ledgerIfThere()?.tasks({ open: options.all !== true }) ?? [];
  if (options.json === true) return deps.output.json(tasks);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['task', 'since', 'reason', 'operation', 'done', 'summary'],
    tasks.map((task) => [
      task.id,
      formatInstant(task.createdAtEpochMs, timeZone),
      task.reason,
      task.op ?? '-',
      formatInstant(task.doneAtEpochMs, timeZone),
      task.summary,
    ]),
  );
  if (tasks.length === 0) deps.output.note(options.all === true ? 'No tasks.' : 'No open tasks.');
  noteLimit(tasks, deps);
  return undefined;
}

export function registerTasksList(tasks: Command, deps: CliDeps): void {
  tasks
    .command('list')
    .description('what a person has to do')
    .option('--all', 'also those that are done')
    .option('--json', 'print JSON')
    .action((options: JsonOption & { all?: boolean }) => runTasksList(options, deps));
}
