import type { Command } from 'commander';
import { examine } from '../../app/doctor.ts';
import type { CliDeps, JsonOption } from '../deps.ts';

export async function runDoctor(options: JsonOption, deps: CliDeps): Promise<void> {
  const findings = await examine(deps.config());
  if (findings.some(({ state }) => state === 'bad')) deps.fail(1);
  if (options.json === true) return deps.output.json(findings);
  deps.output.table(
    ['', 'what', 'finding'],
    findings.map(({ state, what, code, detail }) => [state === 'good' ? 'ok' : state, what, code === null ? detail : `${code}: ${detail}`]),
  );
  return undefined;
}

export function registerDoctor(program: Command, deps: CliDeps): void {
  program
    .command('doctor')
    .description('look at everything the product needs')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runDoctor(options, deps));
}
