import type { Command } from 'commander';
import { readManifest } from '../../../app/models.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

export function runModelsList(options: JsonOption, deps: CliDeps): void {
  const config = deps.config();
  const { packs } = readManifest(config.paths.modelsManifest);
  if (options.json === true) return deps.output.json(packs);
  deps.output.table(
    ['pack', 'in use', 'language', 'role', 'runtime', 'rate', 'licence'],
    packs.flatMap((pack) =>
      pack.models.map((model) => [
        pack.id,
        pack.id === config.models.pack ? 'yes' : '',
        pack.language,
        model.role,
        model.runtime,
        model.sampleRateHz === null ? '-' : `${model.sampleRateHz} Hz`,
        model.licence,
      ]),
    ),
  );
  return undefined;
}

export function registerModelsList(models: Command, deps: CliDeps): void {
  models
    .command('list')
    .description('model packs')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runModelsList(options, deps));
}
