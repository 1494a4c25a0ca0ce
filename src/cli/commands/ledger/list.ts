import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { LIMIT_MAX, parseLimit } from '../../limit.ts';
import { formatInstant } from '../../output.ts';

export function runLedgerList(options: JsonOption & { readonly limit: number }, deps: CliDeps): void {
  const ledger = deps.ledgerIfThere();
  const rows = ledger?.list({ limit: options.limit }) ?? [];
  if (options.json === true) return deps.output.json(rows);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['operation', 'kind', 'destination', 'state', 'attempts', 'accepted', 'verified'],
    rows.map((row) => [
      row.op,
      row.kind,
      row.destination,
      row.state,
      String(row.attempts),
      formatInstant(row.acceptedAtEpochMs, timeZone),
      formatInstant(row.verifiedAtEpochMs, timeZone),
    ]),
  );
  if (ledger === null) return undefined;
  if (rows.length === 0) deps.output.note(`The ledger ${deps.config().paths.ledger} is empty.`);
  else if (rows.length === options.limit)
    deps.output.note(`The newest ${rows.length}; there may be more: --limit, or \`vestibule ledger export\` for all.`);
  return undefined;
}

export function registerLedgerList(ledger: Command, deps: CliDeps): void {
  ledger
    .command('list')
    .description('operations, newest first')
    .option('--limit <n>', `at most this many, up to ${LIMIT_MAX}`, parseLimit, 50)
    .option('--json', 'print JSON')
    .action((options: JsonOption & { limit: number }) => runLedgerList(options, deps));
}
