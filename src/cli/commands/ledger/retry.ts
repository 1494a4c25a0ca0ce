import type { Command } from 'commander';
import { asOpId } from '../../../base/ids.ts';
import { accountName } from '../../account.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runLedgerRetry(id: string, options: JsonOption, deps: CliDeps): void {
  const row = deps.ledger().retry(asOpId(id), accountName());
  if (options.json === true) return deps.output.json(row);
  deps.output.note(`Operation ${row.op} is ${row.state} again, under the same key; the worker takes it up by itself.`);
  return undefined;
}

export function registerLedgerRetry(ledger: Command, deps: CliDeps): void {
  ledger
    .command('retry <operation>')
    .description('try again what is dead, rejected or needs a person')
    .option('--json', 'print JSON')
    .action((id: string, options: JsonOption) => runLedgerRetry(id, options, deps));
}
