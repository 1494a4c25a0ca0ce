import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runTasksDone(id: string, options: JsonOption, deps: CliDeps): void {
  const task = deps.ledger().finishTask(id);
  if (options.json === true) return deps.output.json(task);
  deps.output.note(`Task ${task.id} is done.`);
  return undefined;
}

export function registerTasksDone(tasks: Command, deps: CliDeps): void {
  tasks
    .command('done <task>')
    .description('mark a task as done')
    .option('--json', 'print JSON')
    .action((id: string, options: JsonOption) => runTasksDone(id, options, deps));
}
