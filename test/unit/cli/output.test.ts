import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createOutput } from '../../../src/cli/output.ts';

function printed(rows: readonly (readonly string[])[]): string {
  const stdout = new PassThrough();
  createOutput(stdout, new PassThrough()).table(['task', 'summary'], rows);
  return String(stdout.read() ?? '');
}

test('a table is aligned, without blanks at the end', () => {
  expect(
    printed([
      ['1', ''],
      ['1000', 'call back'],
    ]),
  ).toBe('task  summary\n1\n1000  call back\n');
});

test('a row stays on its line, and what stands in it cannot command the terminal', () => {
  expect(printed([['1', 'a\r\nb\u2028c\u001B[31mred\u009Bm']])).toBe('task  summary\n1     a b c [31mred m\n');
});

test('nothing is printed where there are no rows', () => {
  expect(printed([])).toBe('');
});
