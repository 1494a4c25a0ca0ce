/**
 * Makes `npm ci` accept the lock on every registry: `make lock` runs it after npm has written package-lock.json.
 *
 * npm compares the lock with every optional package that its packages name, also those of platforms the product does not run on, and
 * fails where one has no entry. npm leaves them out when the registry does not hold them. They are entered here by the exact version
 * their parent names, for no platform of ours, so that they are never fetched.
 *
 * The GPU builds and the browser runtime that some packages ask for are replaced, in package.json's `overrides`, by a small
 * package that is in the tree anyway; `scripts/setup/npm-packages.sh` deletes the copies.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> };
const added: string[] = [];

for (const [where, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = where === '' ? `node_modules/${name}` : `${where}/node_modules/${name}`;
    if (nested in lock.packages || `node_modules/${name}` in lock.packages) continue;
    if (!/^\d+\.\d+\.\d+$/.test(version))
      throw new Error(`${where} names ${name}@${version}, which is not an exact version`);
    lock.packages[`node_modules/${name}`] = { version, optional: true, os: ['!linux'] };
    added.push(name);
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`${added.length} optional packages of other platforms entered into ${path}\n`);
