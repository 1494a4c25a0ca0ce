import type { Command } from 'commander';
import { configKeys } from '../../../config/keys.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runConfigShow(options: JsonOption, deps: CliDeps): void {
  const keys = configKeys(deps.config());
  if (options.json === true) return deps.output.json(Object.fromEntries(keys.map(({ key, value }) => [key, value])));
  deps.output.table(
    ['key', 'value', 'meaning'],
    keys.map(({ key, value, meaning }) => [key, value === undefined ? '-' : JSON.stringify(value), meaning]),
  );
  return undefined;
}

export function registerConfigShow(command: Command, deps: CliDeps): void {
  command
    .command('show')
    .description('every key with its value and meaning')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runConfigShow(options, deps));
}
