/** Runs the tests of some vitest projects: `bin/node scripts/run-tests.ts unit tidy`. Arguments after `--` go to vitest. */
import { runProject } from './testing/vitest-run.ts';

const [projects, rest] = splitAtDashes(process.argv.slice(2));
let failed = 0;
let passed = 0;
for (const project of projects) {
  const tally = await runProject(project, rest);
  passed += tally.passed;
  failed += tally.failed;
  for (const problem of tally.problems) process.stderr.write(`${project}: ${problem}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function splitAtDashes(argv: readonly string[]): [readonly string[], readonly string[]] {
  const at = argv.indexOf('--');
  return at === -1 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
}
