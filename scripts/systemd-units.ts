import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describeError, toAppError } from '../src/base/app-error.ts';
import { configPath, loadConfig } from '../src/config/config.ts';
import { systemdFiles } from '../src/app/systemd-units.ts';

/** Writes the systemd files of this installation: `VESTIBULE_CONFIG=/etc/vestibule/config.yaml bin/node scripts/systemd-units.ts OUTDIR`. */
function main(outDir: string | undefined): number {
  if (outDir === undefined) {
    process.stderr.write('usage: [VESTIBULE_CONFIG=FILE] bin/node scripts/systemd-units.ts OUTDIR\n');
    return 2;
  }
  try {
    const configFile = configPath();
    for (const { name, text } of systemdFiles({ config: loadConfig(configFile), configFile: configFile ?? '', node: process.execPath })) {
      const path = join(resolve(outDir), name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      process.stdout.write(`${path}\n`);
    }
    return 0;
  } catch (error) {
    const failure = toAppError(error, 'config_unreadable');
    process.stderr.write(`${describeError(failure)}\n`);
    return failure.entry.exitCode;
  }
}

process.exitCode = main(process.argv[2]);
