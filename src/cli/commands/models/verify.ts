import type { Command } from 'commander';
import { verifyPacks } from '../../../app/models.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runModelsVerify(options: JsonOption, deps: CliDeps): void {
  const results = verifyPacks(deps.config().paths.modelsManifest);
  if (results.some(({ problem }) => problem !== null)) deps.fail(3);
  if (options.json === true) {
    const printed = results.map(({ problem, ...rest }) => ({
      ...rest,
      problem: problem === null ? null : { code: problem.code, message: problem.message },
    }));
    return deps.output.json(printed);
  }
  deps.output.table(
    ['pack', 'role', 'result'],
    results.map(({ pack, role, problem }) => [pack, role, problem === null ? 'good' : `${problem.code}: ${problem.message}`]),
  );
  return undefined;
}

export function registerModelsVerify(models: Command, deps: CliDeps): void {
  models
    .command('verify')
    .description('check every model file against the manifest')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runModelsVerify(options, deps));
}
