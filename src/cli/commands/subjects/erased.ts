import type { Command } from 'commander';
import { createErasure } from '../../../app/erasure.ts';
import { ifThere } from '../../../app/storage.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { noteMissing } from '../../output.ts';
import { printRemaining } from './remaining.ts';

export function runSubjectsErased(options: JsonOption, deps: CliDeps): void {
  const config = deps.config();
  const erasure = ifThere(() => createErasure(config)) ?? noteMissing(deps.output, 'ledger', config.paths.ledger);
  try {
    const remaining = erasure?.remaining() ?? [];
    if (options.json === true) return deps.output.json(remaining);
    printRemaining(remaining, deps);
    if (remaining.length === 0) deps.output.note('No record of an erased person is known to stand elsewhere.');
    return undefined;
  } finally {
    erasure?.close();
  }
}

export function registerSubjectsErased(subjects: Command, deps: CliDeps): void {
  subjects
    .command('erased')
    .description('records of erased people that may stand in other systems')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runSubjectsErased(options, deps));
}
