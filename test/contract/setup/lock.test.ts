import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const PATH = join(import.meta.dirname, '..', '..', '..', 'package-lock.json');

interface Entry {
  readonly os?: readonly string[];
  readonly engines?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(PATH, 'utf8');
const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Entry>> };

describe('the lock', () => {
  test('has an entry for every optional package, so that `npm ci` accepts it on any registry', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(200);
    const missing = Object.entries(packages).flatMap(([where, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${where}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  test('names no registry, so that every machine uses its own', () => {
    expect(text).not.toMatch(/"resolved": "https?:/);
  });

  test('lets an npm that runs on an old Node install what the pinned Node runs', () => {
    const demanding = Object.entries(packages).filter(([where, entry]) => where !== '' && entry.engines !== undefined);
    expect(demanding).toEqual([]);
  });

  test('fetches no GPU build', () => {
    const gpu = Object.entries(packages).filter(([where]) => /cuda|vulkan/.test(where));
    expect(gpu.length).toBeGreaterThan(2);
    expect(gpu.filter(([, entry]) => entry.os?.includes('!linux') !== true)).toEqual([]);
  });
});
