import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, describeError, isAppError, toAppError } from '../../../src/base/app-error.ts';
import { ERROR_CODES } from '../../../src/base/error-codes.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'ERRORS.md'), 'utf8');

describe('the error registry and its page', () => {
  it('name the same codes, in both directions', () => {
    const onPage = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code ?? '').sort();
    expect(onPage).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('give every code a meaning and a remedy that stand on the page', () => {
    for (const entry of Object.values(ERROR_CODES)) {
      expect(page).toContain(entry.meaning);
      expect(page).toContain(entry.remedy);
    }
  });
});

describe('an AppError', () => {
  it('tells an administrator what, why and what to do', () => {
    const text = describeError(new AppError('port_taken', 'port 5060 is taken'));
    expect(text).toContain('port_taken: port 5060 is taken');
    expect(text).toContain(ERROR_CODES.port_taken.remedy);
  });

  it('passes through unchanged, and wraps anything else with its cause', () => {
    const error = new AppError('disk_full', 'no space');
    expect(toAppError(error, 'invariant_broken')).toBe(error);
    const cause = new Error('boom');
    expect(toAppError(cause, 'process_failed')).toMatchObject({ code: 'process_failed', message: 'boom', cause });
    expect(isAppError(cause)).toBe(false);
  });
});
