import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HOME, runCommand } from './run-command.ts';
import { NOTHING, type Tally, inCi } from './tally.ts';

/** The part of vitest's JSON report that is read. */
export interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** True when `test/<project>` holds at least one test file. */
export function projectHasTests(project: string): boolean {
  const folder = join(HOME, 'test', project);
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.test.ts'));
}

/** Runs one vitest project and counts. A project without test files is nothing; one with files that runs none has failed. */
export async function runProject(project: string, extraArgs: readonly string[] = []): Promise<Tally> {
  if (!projectHasTests(project)) return NOTHING;
  const report = join(HOME, 'var', 'test', `${project}.json`);
  mkdirSync(join(HOME, 'var', 'test'), { recursive: true });
  rmSync(report, { force: true });
  const vitest = join(HOME, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const result = await runCommand(join(HOME, 'bin', 'node'), [...args, ...extraArgs]);
  if (result.timedOut) return { passed: 0, failed: 1, problems: ['the run was ended because it took too long'] };
  if (!existsSync(report)) return { passed: 0, failed: 1, problems: [`vitest ended with ${result.exitCode} and no report`] };
  return tallyOf(JSON.parse(readFileSync(report, 'utf8')) as JsonReport, { exitCode: result.exitCode, inCi: inCi() });
}

/** Counts a report; what went wrong outside of single tests counts as failed, and so does a skipped test in CI. */
export function tallyOf(report: JsonReport, run: { readonly exitCode: number; readonly inCi: boolean }): Tally {
  const problems: string[] = [];
  let failed = report.numFailedTests;
  const note = (problem: string): void => {
    problems.push(problem);
    failed += 1;
  };
  for (const file of report.testResults) {
    // A file that could not be loaded, or whose set-up failed, has no failed test of its own.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      note(`${file.name} could not be run`);
    }
    if (!run.inCi) continue;
    for (const test of file.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed') note(`skipped: ${test.fullName}`);
    }
  }
  if (report.numPassedTests + failed === 0) note('there are test files, but no test ran');
  if (run.exitCode !== 0 && failed === 0) note(`vitest ended with ${run.exitCode}; see its output for errors outside of tests`);
  return { passed: report.numPassedTests, failed, problems };
}
