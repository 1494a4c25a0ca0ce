import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HOME, runCommand } from './run-command.ts';
import { NOTHING, type Tally } from './tally.ts';

/** Every scenario file counts as one test; they are shared out over five stacks, each on a network of its own. */
export async function runScenarios(): Promise<Tally> {
  const folder = join(HOME, 'test', 'scenarios');
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.yaml'))
        .toSorted()
        .map((name) => join('test', 'scenarios', name))
    : [];
  if (files.length === 0) return NOTHING;
  const { exitCode, stdout } = await runCommand(join(HOME, 'bin', 'vestibule'), ['simulate', ...files, '--json', '--jobs', '5'], {
    capture: true,
  });
  const results = parseScenarioResults(stdout);
  if (results === null) {
    return { passed: 0, failed: files.length, problems: [`simulate ended with ${exitCode} and printed no result`] };
  }
  const passed = results.filter((result) => result.passed).length;
  const problems = results.filter((result) => !result.passed).map((result) => `${result.file}: ${JSON.stringify(result.failures)}`);
  return { passed, failed: files.length - passed, problems };
}

interface ScenarioResult {
  readonly file: string;
  readonly passed: boolean;
  readonly failures: readonly unknown[];
}

function parseScenarioResults(stdout: string): readonly ScenarioResult[] | null {
  try {
    const value: unknown = JSON.parse(stdout);
    return Array.isArray(value) ? (value as ScenarioResult[]) : null;
  } catch {
    return null;
  }
}
