import { configDefaults, defineConfig } from 'vitest/config';

const inCi = process.env['CI'] === 'true' || process.env['CI'] === '1';

/** One project per folder of `test`, each with the time a single test of it may take. */
const project = (name: string, testTimeoutMs: number, maxWorkers: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude: configDefaults.exclude,
    environment: 'node',
    pool: 'forks' as const,
    maxWorkers,
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    retry: 0,
    allowOnly: !inCi,
  },
});

// Folders whose tests measure the whole product run one file at a time: it is specified for two cores. Those of `fault` mostly wait.
export default defineConfig({
  test: {
    projects: [
      project('unit', 5_000, 2),
      project('tidy', 20_000, 2),
      project('contract', 30_000, 2),
      project('fault', 120_000, 3),
      project('e2e', 180_000, 1),
      project('scenario', 180_000, 1),
    ],
  },
});
