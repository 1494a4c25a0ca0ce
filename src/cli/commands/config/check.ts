import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';

export async function runConfigCheck(options: JsonOption, deps: CliDeps): Promise<void> {
  const config = deps.config();
  // Loaded when it is asked for: every adapter comes with it. Plans and mapping documents stop the worker when they are wrong.
  const { describePlans } = await import('../../../app/destination-desk.ts');
  const plans = await describePlans(config, null, null);
  const warnings = plans.flatMap(({ freeSlots }) => freeSlots?.problem ?? []);
  if (options.json === true) return deps.output.json({ ok: true, file: config.file, warnings });
  deps.output.note(config.file === null ? 'No config.yaml: the defaults are used, and they are valid.' : `${config.file} is valid.`);
  for (const warning of warnings) deps.output.note(`Warning: ${warning}.`);
  return undefined;
}

export function registerConfigCheck(command: Command, deps: CliDeps): void {
  command
    .command('check')
    .description('check config.yaml, the practice profile, plans and mapping documents')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runConfigCheck(options, deps));
}
