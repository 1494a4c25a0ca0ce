import type { Command } from 'commander';
import { describeReport, runSimulate } from '../../app/simulate/simulate.ts';
import type { CliDeps, JsonOption } from '../deps.ts';

interface SimulateFlags extends JsonOption {
  readonly inProcess?: boolean;
  readonly jobs: string;
}

export async function runSimulateCommand(files: readonly string[], flags: SimulateFlags, deps: CliDeps): Promise<void> {
  const isJson = flags.json === true;
  const reports = await runSimulate(
    { files, inProcess: flags.inProcess === true, jobs: Number(flags.jobs) },
    { config: deps.config(), write: deps.output.note, signal: deps.signal, onReport: (report) => deps.output.note(describeReport(report)) },
  );
  if (isJson) deps.output.json(reports);
  const failed = reports.filter(({ passed }) => !passed).length;
  deps.output.note(`${reports.length - failed} passed, ${failed} failed`);
  if (failed > 0) deps.fail(1);
}

export function registerSimulate(program: Command, deps: CliDeps): void {
  program
    .command('simulate <file...>')
    .description('play scenario files against the whole product, through real SIP and audio')
    .option('--in-process', 'text in, fake media and a virtual clock')
    .option('--jobs <n>', 'stacks at the same time', '1')
    .option('--json', 'print JSON')
    .action((files: string[], flags: SimulateFlags) => runSimulateCommand(files, flags, deps));
}
