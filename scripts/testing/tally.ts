/** What one part of a test run came to. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** One line each: what failed beyond single tests, for the reader of the log. */
  readonly problems: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, problems: [] };

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (left, right) => ({
      passed: left.passed + right.passed,
      failed: left.failed + right.failed,
      problems: [...left.problems, ...right.problems],
    }),
    NOTHING,
  );
}

/** A skipped test proves nothing, so in CI it counts as failed. */
export const inCi = (): boolean => process.env['CI'] === 'true' || process.env['CI'] === '1';
