import type { Command } from 'commander';
import { alertingOf } from '../../app/reconciliation-look.ts';
import { reconcileNow } from '../../app/worker-line.ts';
import type { CliDeps, JsonOption } from '../deps.ts';
import { findingTable } from './ledger/findings.ts';

type ReconcileOptions = JsonOption & { readonly full?: boolean };

export async function runReconcile(options: ReconcileOptions, deps: CliDeps): Promise<void> {
  const run = await reconcileNow(deps.config(), options.full === true ? 'full' : 'recent', deps.signal);
  const findings = deps.ledger().findings({ open: true });
  // Where somebody did not answer, nothing is known.
  if (alertingOf(findings).length > 0 || run.unreachable > 0) deps.fail(1);
  if (options.json === true) return deps.output.json({ ...run, findings });
  findingTable(findings, deps);
  deps.output.note(`Records looked at: ${run.checked}; that do not agree: ${findings.length}.`);
  if (run.unreachable > 0)
    deps.output.note(`Questions without an answer: ${run.unreachable}; \`vestibule destinations check\` tells why, then compare again.`);
  return undefined;
}

export function registerReconcile(program: Command, deps: CliDeps): void {
  program
    .command('reconcile')
    .description('compare what was said, the ledger and the destinations now; exit code 1 for what alarms and where nobody answers')
    .option('--full', 'every appointment to come, and records that nothing stands behind')
    .option('--json', 'print JSON')
    .action((options: ReconcileOptions) => runReconcile(options, deps));
}
