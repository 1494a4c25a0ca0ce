import type { Command } from 'commander';
import { runProduct } from '../../app/run-product.ts';
import type { CliDeps } from '../deps.ts';

export function registerRun(program: Command, deps: CliDeps): void {
  program
    .command('run')
    .description('start everything in the foreground, place the demo call, and stay up for yours')
    .option('--no-demo', 'do not place the demo call')
    .action(async (flags: { readonly demo: boolean }) => {
      await runProduct({
        config: deps.config(),
        demo: flags.demo,
        stay: true,
        line: deps.output.line,
        note: deps.output.note,
        signal: deps.signal,
      });
    });
}
