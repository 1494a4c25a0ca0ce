import type { Command } from 'commander';
import { createErasure } from '../../../app/erasure.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { printRemaining } from './remaining.ts';

export function runSubjectsErased(options: JsonOption, deps: CliDeps): void {
  const erasure = createErasure(deps.config());
  try {
    const remaining = erasure.remaining();
    if (options.json === true) return deps.output.json(remaining);
    printRemaining(remaining, deps);
    if (remaining.length === 0) deps.output.note('No record of an erased person is known to stand elsewhere.');
    return undefined;
  } finally {
    erasure.close();
  }
}

export function registerSubjectsErased(subjects: Command, deps: CliDeps): void {
  subjects
    .command('erased')
    .description('records of erased people that may stand in other systems')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runSubjectsErased(options, deps));
}
