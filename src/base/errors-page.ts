import { ERROR_CODES, type ErrorCodeEntry } from './error-codes.ts';

/** The text of docs/ERRORS.md: every code of the registry, by category. */
export function errorsPage(): string {
  const entries = Object.entries<ErrorCodeEntry>(ERROR_CODES);
  const categories = [...new Set(entries.map(([, { category }]) => category))].sort();
  const sections = categories.map((category) => {
    const rows = entries
      .filter(([, entry]) => entry.category === category)
      .map(
        ([code, entry]) => `| \`${code}\` | ${entry.meaning} | ${entry.remedy} | ${entry.retryable ? 'yes' : 'no'} | ${entry.exitCode} |`,
      );
    return `## ${category}\n\n| code | what happened | what to do | goes away by itself | exit code |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Errors\n\nEvery error the product shows has one of these codes. Exit codes: 1 the work failed, 2 the command was called wrongly, 3 something in\nthe surroundings is missing or broken, 4 the configuration is wrong. Written from \`src/base/error-codes.ts\` by\n\`bin/node scripts/errors-page.ts\`; a test compares both.\n\n${sections.join('\n')}`;
}
