import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { invariant } from '../../base/invariant.ts';
import { isVersionAtLeast } from '../../base/version.ts';

const PROJECT_DIR = join(import.meta.dirname, '..', '..', '..');

/** The lowest Asterisk that may answer a call, from scripts/versions.env, which set-up reads too. */
export function asteriskVersionMin(): string {
  const pins = readFileSync(join(PROJECT_DIR, 'scripts', 'versions.env'), 'utf8');
  const version = /^ASTERISK_VERSION_MIN=([\d.]+)$/m.exec(pins)?.[1];
  invariant(version !== undefined, 'scripts/versions.env names ASTERISK_VERSION_MIN');
  return version;
}

/** Throws `asterisk_too_old` naming both versions. */
export function assertAsteriskVersion(version: string): void {
  const wanted = asteriskVersionMin();
  if (isVersionAtLeast(version, wanted)) return;
  throw new AppError('asterisk_too_old', `Asterisk ${version} was found; ${wanted} or later is needed`, {
    details: { version, wanted },
  });
}
