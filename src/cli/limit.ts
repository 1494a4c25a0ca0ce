import { AppError } from '../base/app-error.ts';
import type { CliDeps } from './deps.ts';

/** Rows that a list prints at most; what it reads from returns no more. */
export const LIMIT_MAX = 1000;

/** The value of `--limit`. Throws `usage`. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > LIMIT_MAX)
    throw new AppError('usage', `--limit is a whole number from 1 to ${LIMIT_MAX}, not ${text === '' ? 'nothing' : text}`);
  return limit;
}

/** Says that a list may go on where it is as long as lists can be. */
export function noteLimit(rows: readonly unknown[], { output }: Pick<CliDeps, 'output'>): void {
  if (rows.length >= LIMIT_MAX) output.note(`These are ${rows.length}; there may be more.`);
}
