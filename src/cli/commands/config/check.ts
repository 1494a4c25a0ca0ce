import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runConfigCheck(options: JsonOption, deps: CliDeps): void {
  const config = deps.config();
  if (options.json === true) return deps.output.json({ ok: true, file: config.file });
  deps.output.note(config.file === null ? 'No config.yaml: the defaults are used, and they are valid.' : `${config.file} is valid.`);
  return undefined;
}

export function registerConfigCheck(command: Command, deps: CliDeps): void {
  command
    .command('check')
    .description('check config.yaml and the practice profile')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runConfigCheck(options, deps));
}
