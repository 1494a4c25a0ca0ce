import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';

export async function runDestinationsCheck(id: string | undefined, options: JsonOption, deps: CliDeps): Promise<void> {
  // Loaded when it is asked for: every adapter comes with it.
  const { checkDestinations } = await import('../../../app/destination-desk.ts');
  const checked = await checkDestinations(deps.config(), id ?? null, deps.signal);
  if (checked.some(({ state }) => state === 'bad')) deps.fail(1);
  if (options.json === true) return deps.output.json(checked);
  deps.output.table(
    ['', 'destination', 'finding'],
    checked.map((one) => [one.state === 'good' ? 'ok' : one.state, one.id, one.code === null ? one.detail : `${one.code}: ${one.detail}`]),
  );
  return undefined;
}

export function registerDestinationsCheck(destinations: Command, deps: CliDeps): void {
  destinations
    .command('check [destination]')
    .description('ask each whether it can be used')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: JsonOption) => runDestinationsCheck(id, options, deps));
}
