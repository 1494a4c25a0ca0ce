import type { Command } from 'commander';
import { alertingOf } from '../../app/reconciliation-look.ts';
import { reconcileNow } from '../../app/worker-line.ts';
import type { CliDeps, JsonOption } from '../deps.ts';
import { findingTable } from './ledger/findings.ts';

type ReconcileOptions = JsonOption & { readonly full?: boolean };

export async function runReconcile(options: ReconcileOptions, deps: CliDeps): Promise<void> {
  const run = await reconcileNow(deps.config(), options.full === true ? 'full' : 'recent', deps.signal);
  const findings = deps.ledger().findings({ open: true });
  if (alertingOf(findings).length > 0) deps.fail(1);
  if (options.json === true) return deps.output.json({ ...run, findings });
  findingTable(findings, deps);
  const away = run.unreachable === 0 ? '' : `, ${run.unreachable} could not be asked for`;
  deps.output.note(`${run.checked} records compared${away}; ${findings.length} do not agree.`);
  return undefined;
}

export function registerReconcile(program: Command, deps: CliDeps): void {
  program
    .command('reconcile')
    .description('compare what was said, the ledger and the destinations now')
    .option('--full', 'every appointment to come, and records that nothing stands behind')
    .option('--json', 'print JSON')
    .action((options: ReconcileOptions) => runReconcile(options, deps));
}
