import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { invariant } from '../../base/invariant.ts';

const PROJECT_DIR = join(import.meta.dirname, '..', '..', '..');

/** The lowest Asterisk that may answer a call, from scripts/versions.env, which set-up reads too. */
export function asteriskVersionMin(): string {
  const pins = readFileSync(join(PROJECT_DIR, 'scripts', 'versions.env'), 'utf8');
  const version = /^ASTERISK_VERSION_MIN=([\d.]+)$/m.exec(pins)?.[1];
  invariant(version !== undefined, 'scripts/versions.env names ASTERISK_VERSION_MIN');
  return version;
}

/** True when `version` (as Asterisk reports it, such as `22.10.1+dfsg`) is at least `wanted`. */
export function isVersionAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [numbersOf(version), numbersOf(wanted)];
  for (const [index, part] of want.entries()) {
    const mine = have[index] ?? 0;
    if (mine !== part) return mine > part;
  }
  return have.length > 0;
}

/** Throws `asterisk_too_old` naming both versions. */
export function assertAsteriskVersion(version: string): void {
  const wanted = asteriskVersionMin();
  if (isVersionAtLeast(version, wanted)) return;
  throw new AppError('asterisk_too_old', `Asterisk ${version} was found; ${wanted} or later is needed`, {
    details: { version, wanted },
  });
}

function numbersOf(version: string): readonly number[] {
  const leading = /^\d+(?:\.\d+)*/.exec(version)?.[0];
  return leading === undefined ? [] : leading.split('.').map(Number);
}
