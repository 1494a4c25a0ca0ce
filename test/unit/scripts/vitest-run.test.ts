import { describe, expect, test } from 'vitest';
import { type JsonReport, tallyOf } from '../../../scripts/testing/vitest-run.ts';

type Status = 'passed' | 'failed' | 'skipped' | 'todo';

function reportOf(files: readonly { readonly status: 'passed' | 'failed'; readonly tests: readonly Status[] }[]): JsonReport {
  const all = files.flatMap((file) => file.tests);
  return {
    numPassedTests: all.filter((status) => status === 'passed').length,
    numFailedTests: all.filter((status) => status === 'failed').length,
    testResults: files.map((file, index) => ({
      name: `file-${index}.test.ts`,
      status: file.status,
      assertionResults: file.tests.map((status, number) => ({ status, fullName: `test ${number}` })),
    })),
  };
}

const OK = { exitCode: 0, inCi: false };

describe('the count of a test run', () => {
  test('is what vitest counted', () => {
    const report = reportOf([{ status: 'failed', tests: ['passed', 'passed', 'failed'] }]);
    expect(tallyOf(report, { exitCode: 1, inCi: true })).toEqual({ passed: 2, failed: 1, problems: [] });
  });

  test.each(['skipped', 'todo'] as const)('a %s test is named and has failed in CI, and is let pass elsewhere', (status) => {
    const report = reportOf([{ status: 'passed', tests: ['passed', status] }]);
    expect(tallyOf(report, OK)).toEqual({ passed: 1, failed: 0, problems: [] });
    expect(tallyOf(report, { ...OK, inCi: true })).toEqual({ passed: 1, failed: 1, problems: ['skipped: test 1'] });
  });

  test('a file that could not be loaded has failed', () => {
    const tally = tallyOf(reportOf([{ status: 'failed', tests: [] }]), { exitCode: 1, inCi: true });
    expect(tally).toEqual({ passed: 0, failed: 1, problems: ['file-0.test.ts could not be run'] });
  });

  test('test files without a test that ran have failed', () => {
    expect(tallyOf(reportOf([{ status: 'passed', tests: ['skipped'] }]), OK).failed).toBe(1);
    expect(tallyOf(reportOf([]), OK).failed).toBe(1);
  });

  test('an error outside of tests has failed', () => {
    const report = reportOf([{ status: 'passed', tests: ['passed'] }]);
    expect(tallyOf(report, { exitCode: 1, inCi: false })).toMatchObject({ passed: 1, failed: 1 });
  });
});
