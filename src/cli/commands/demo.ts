import type { Command } from 'commander';
import { runProduct } from '../../app/run-product.ts';
import type { CliDeps, JsonOption } from '../deps.ts';

export function registerDemo(program: Command, deps: CliDeps): void {
  program
    .command('demo')
    .description('start everything, place the demo call, and stop; exit code 0 only when it ended in the booking')
    .option('--json', 'print JSON')
    .action(async (flags: JsonOption) => {
      const line = flags.json === true ? deps.output.note : deps.output.line;
      const report = await runProduct({
        config: deps.config(),
        demo: true,
        stay: false,
        line,
        note: deps.output.note,
        signal: deps.signal,
      });
      if (flags.json === true) deps.output.json(report);
      if (report?.outcome !== 'booked') deps.fail(1);
    });
}
