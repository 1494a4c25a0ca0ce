import type { Command } from 'commander';
import { AppError } from '../../../base/app-error.ts';
import { accountName } from '../../account.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

interface ResolveOptions extends JsonOption {
  readonly as: string;
  readonly note: string;
}

/** A note is for people, not for documents. */
const NOTE_LENGTH_MAX = 500;

export function runLedgerResolve(id: string, options: ResolveOptions, deps: CliDeps): void {
  const { as, note } = options;
  if (as !== 'done' && as !== 'dropped') throw new AppError('usage', `--as is done or dropped, not ${as}`);
  if (note.trim() === '' || note.length > NOTE_LENGTH_MAX)
    throw new AppError('usage', `--note has to say in 1 to ${NOTE_LENGTH_MAX} letters what was decided`);
  const resolution = deps.ledger().resolve(id, { as, note: note.trim(), by: accountName() });
  if (options.json === true) return deps.output.json(resolution);
  const state = resolution.state === null ? '' : `; the operation is ${resolution.state}`;
  deps.output.note(`${resolution.op} is resolved as ${resolution.as}${state}.`);
  return undefined;
}

export function registerLedgerResolve(ledger: Command, deps: CliDeps): void {
  ledger
    .command('resolve <operation>')
    .description('a person has decided: ends the tasks and findings of an operation, or of a record by its key')
    .requiredOption('--as <how>', 'done (put right by hand) or dropped (given up)')
    .requiredOption('--note <text>', 'what was decided, for the history')
    .option('--json', 'print JSON')
    .action((id: string, options: ResolveOptions) => runLedgerResolve(id, options, deps));
}
