/**
 * `make test`: the static checks, every vitest project, and the scenarios through real SIP beside the faults. The last line on stdout is
 * `N passed, N failed`. Fails when anything failed, when nothing ran, and in CI when anything was skipped.
 * VESTIBULE_TEST_TIER: `standard`, or `full` for the long runs too; tests read it.
 */
import { join } from 'node:path';
import { HOME, runCommand } from './testing/run-command.ts';
import { runScenarios } from './testing/scenario-run.ts';
import { type Tally, sum } from './testing/tally.ts';
import { runProject } from './testing/vitest-run.ts';

const modules = join(HOME, 'node_modules');
const node = join(HOME, 'bin', 'node');

const startedAt = performance.now();
const tallies: Tally[] = [];
await part('types', () => check([join(modules, 'typescript/bin/tsc'), '-p', '.']));
await part('lint', () => check([join(modules, 'oxlint/bin/oxlint'), '--type-aware', '--deny-warnings']));
await part('format', () => check([join(modules, 'oxfmt/bin/oxfmt'), '--check']));
for (const project of ['tidy', 'unit', 'contract']) await part(project, () => runProject(project));
// Calls and outages are mostly waited for: the scenarios leave room for the faults, which have ports and folders of their own.
await Promise.all([part('scenarios', runScenarios), part('fault', () => runProject('fault'))]);
for (const project of ['e2e', 'scenario']) await part(project, () => runProject(project));

const total = sum(tallies);
process.stderr.write(`\n${Math.round((performance.now() - startedAt) / 1000)} s in all\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

async function part(name: string, run: () => Promise<Tally>): Promise<void> {
  const from = performance.now();
  process.stderr.write(`\n== ${name}\n`);
  const tally = await run();
  tallies.push(tally);
  for (const problem of tally.problems) process.stderr.write(`${name}: ${problem}\n`);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  process.stderr.write(`== ${name}: ${tally.passed} passed, ${tally.failed} failed in ${seconds} s\n`);
}

/** A static check counts as one test. */
async function check(args: readonly string[]): Promise<Tally> {
  const { exitCode, timedOut } = await runCommand(node, args);
  if (exitCode === 0) return { passed: 1, failed: 0, problems: [] };
  return { passed: 0, failed: 1, problems: [timedOut ? 'took too long' : `ended with ${exitCode}`] };
}
