import type { Command } from 'commander';
import { AppError } from '../../../base/app-error.ts';
import { asOpId } from '../../../base/ids.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runLedgerShow(id: string, options: JsonOption, deps: CliDeps): void {
  const row = deps.ledger().get(asOpId(id));
  if (row === null) throw new AppError('not_found', `no operation ${id}`);
  if (options.json === true) return deps.output.json(row);
  for (const [key, value] of Object.entries(row))
    deps.output.line(`${key.padEnd(20)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return undefined;
}

export function registerLedgerShow(ledger: Command, deps: CliDeps): void {
  ledger
    .command('show <operation>')
    .description('one operation with its payload and read-back')
    .option('--json', 'print JSON')
    .action((id: string, options: JsonOption) => runLedgerShow(id, options, deps));
}
