/**
 * Makes the lock what `npm ci` of every npm from 9 on, on every registry, installs without 600 MB that nothing loads. `make lock` runs it
 * after npm has written package-lock.json.
 *
 * - npm compares the lock with every optional package that its packages name, also those of platforms the product does not run on, and
 *   fails where one has no entry; and it leaves out entries that the registry does not hold. They are entered by the exact version their
 *   parent names, for no platform of ours, so that they are never fetched.
 * - GPU builds of the language model's runtime, and builds for another C library (npm 9 does not look at that), are entered the same way.
 * - `engines` are dropped: npm leaves out optional packages that its own Node is too old for, but the pinned Node runs them.
 * - The package of the voice activity model asks for a browser runtime. Only its model file is used, so that requirement is dropped.
 *   (`overrides` of package.json would say this better, but npm 9, Debian 12's own, cannot read an alias there.)
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly engines?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const UNWANTED_BUILD = /^node_modules\/(?:@node-llama-cpp\/.*-(?:cuda|cuda-ext|vulkan)|.*[-.]linux-.*-musl(?:eabihf)?)$/;
const DROPPED = { of: 'node_modules/@ricky0123/vad-web', name: 'onnxruntime-web' };
const NOT_OURS = ['!linux'];

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> };

dropBrowserRuntime();
const entered = enterMissing();
for (const [where, entry] of Object.entries(lock.packages)) {
  const { engines: _engines, ...rest } = entry;
  const unwanted = UNWANTED_BUILD.test(where);
  lock.packages[where] = unwanted ? { version: entry.version ?? '', optional: true, os: NOT_OURS } : rest;
}
const unreachable = removeUnreachable();

lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`${path}: ${entered} packages of other platforms entered, ${unreachable} unneeded ones removed\n`);

function dropBrowserRuntime(): void {
  const entry = lock.packages[DROPPED.of];
  if (entry === undefined) throw new Error(`${DROPPED.of} is not in the lock`);
  const { dependencies = {}, ...rest } = entry;
  const left = Object.fromEntries(Object.entries(dependencies).filter(([name]) => name !== DROPPED.name));
  lock.packages[DROPPED.of] = Object.keys(left).length === 0 ? rest : { ...rest, dependencies: left };
}

function enterMissing(): number {
  let added = 0;
  for (const [where, entry] of Object.entries({ ...lock.packages })) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolve(where, name) !== null) continue;
      if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${where}: ${name}@${version} is not an exact version`);
      lock.packages[`node_modules/${name}`] = { version, optional: true, os: NOT_OURS };
      added += 1;
    }
  }
  return added;
}

/** Where Node would find `name` from the package at `where`: its own node_modules, then those above. */
function resolve(where: string, name: string): string | null {
  for (let folder = where; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (folder === '') return null;
  }
}

function removeUnreachable(): number {
  const reached = new Set(['']);
  for (const where of reached) {
    const entry = lock.packages[where];
    const development = where === '' ? ((entry as { devDependencies?: object } | undefined)?.devDependencies ?? {}) : {};
    const wanted = {
      ...entry?.dependencies,
      ...entry?.optionalDependencies,
      ...entry?.peerDependencies,
      ...development,
    };
    for (const name of Object.keys(wanted)) {
      const found = resolve(where, name);
      if (found !== null) reached.add(found);
    }
  }
  const gone = Object.keys(lock.packages).filter((where) => !reached.has(where));
  for (const where of gone) delete lock.packages[where];
  return gone.length;
}
