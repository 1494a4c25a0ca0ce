import type { Command } from 'commander';
import type { FindingView } from '../../../ports/reconcile-store.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { formatInstant } from '../../output.ts';

/** What does not agree, as a table. */
export function findingTable(findings: readonly FindingView[], deps: CliDeps): void {
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['operation', 'what', 'destination', 'since', 'last seen', 'ended'],
    findings.map((one) => [
      one.op,
      one.type,
      one.destination,
      formatInstant(one.foundAtEpochMs, timeZone),
      formatInstant(one.seenAtEpochMs, timeZone),
      formatInstant(one.endedAtEpochMs, timeZone),
    ]),
  );
}

export function runLedgerFindings(options: JsonOption & { readonly all?: boolean }, deps: CliDeps): void {
  const ledger = deps.ledgerIfThere();
  const findings = ledger?.findings({ open: options.all !== true }) ?? [];
  if (options.json === true) return deps.output.json(findings);
  findingTable(findings, deps);
  if (ledger !== null && findings.length === 0) deps.output.note('Everything agrees.');
  return undefined;
}

export function registerLedgerFindings(ledger: Command, deps: CliDeps): void {
  ledger
    .command('findings')
    .description('where callers, ledger and destinations do not agree')
    .option('--all', 'also those that have ended')
    .option('--json', 'print JSON')
    .action((options: JsonOption & { all?: boolean }) => runLedgerFindings(options, deps));
}
