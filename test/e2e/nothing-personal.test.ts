import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findIsolation } from '../../src/app/simulate/isolation.ts';
import type { ErasureReport } from '../../src/ports/erasure.ts';

/** What one booking by telephone leaves behind. */
interface Answer {
  readonly outcome: string | null;
  /** Files below the data folder that tell who called. */
  readonly files: Readonly<Record<'whileRunning' | 'afterStop' | 'afterErasure', readonly string[]>>;
  readonly metrics: number;
  readonly metricsTell: boolean;
  readonly erased: ErasureReport;
  readonly left: { readonly clauses: number; readonly operations: number; readonly entries: number; readonly readable: number };
}

const folder = mkdtempSync(join(tmpdir(), 'vst-e2e-'));
let answer: Answer;

beforeAll(async () => {
  const isolation = (await findIsolation()) ?? [];
  const inside = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'inside', 'nothing-personal.ts'),
    folder,
  ];
  const [program = '', ...args] = [...isolation, ...inside];
  const { stdout } = await promisify(execFile)(program, args, { timeout: 170_000, maxBuffer: 16_777_216 });
  answer = JSON.parse(stdout) as Answer;
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The calendar is a destination: there the appointment belongs. That it is found there shows that the search finds. */
const outside = (files: readonly string[]): readonly string[] => files.filter((path) => !path.startsWith('calendar/'));

describe('a booking by telephone', () => {
  it('stands in the calendar', () => {
    expect(answer.outcome).toBe('booked');
    expect(answer.files.afterStop.some((path) => path.startsWith('calendar/'))).toBe(true);
  });

  it.each(['whileRunning', 'afterStop'] as const)(
    'names the caller nowhere else: no log, queue, ledger, journal or file name (%s)',
    (when) => {
      expect(outside(answer.files[when])).toEqual([]);
    },
  );

  it('names the caller in no measure', () => {
    expect(answer.metrics).toBeGreaterThan(1000);
    expect(answer.metricsTell).toBe(false);
  });

  it('is erased: nothing of it can be read, and the entry that stands in the calendar is named by its id', () => {
    expect(answer.erased).toMatchObject({ operations: 1, remaining: [{ destination: 'calendar', kind: 'booking', state: 'verified' }] });
    expect(answer.erased.calls).toHaveLength(1);
    expect(answer.left).toMatchObject({ clauses: 0, operations: 0, readable: 0 });
    expect(answer.left.entries).toBeGreaterThan(10);
    expect(outside(answer.files.afterErasure)).toEqual([]);
  });
});
