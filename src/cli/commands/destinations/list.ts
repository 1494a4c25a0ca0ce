import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';

export async function runDestinationsList(options: JsonOption, deps: CliDeps): Promise<void> {
  // Loaded when it is asked for: every adapter comes with it.
  const { listDestinations } = await import('../../../app/destination-desk.ts');
  const lines = await listDestinations(deps.config());
  if (options.json === true) return deps.output.json(lines);
  deps.output.table(
    ['destination', 'type', 'kinds', 'idempotence', 'exactly once', 'limits', 'free times', 'sandbox'],
    lines.map((one) => [
      one.id,
      one.type,
      one.kinds.join(' '),
      one.idempotence,
      one.exactlyOnce,
      one.limits === null ? '-' : `${one.limits.requestsPerSecond}/s, ${one.limits.burst} at once`,
      one.tellsFreeSlots === true ? 'yes' : 'no',
      one.sandbox ? 'yes' : 'no',
    ]),
  );
  return undefined;
}

export function registerDestinationsList(destinations: Command, deps: CliDeps): void {
  destinations
    .command('list')
    .description('where is written to, and what can be relied upon there')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runDestinationsList(options, deps));
}
