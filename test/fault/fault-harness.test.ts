import { describe, expect, test } from 'vitest';
import { runNaive } from '../../src/app/faults/naive.ts';
import { runFaults, type FaultRun } from '../../src/app/faults/run.ts';

/** `npm run faults -- --ops N --seed S` does the same again. */
const SEED = 20_261_126;
const isFull = process.env['VESTIBULE_TEST_TIER'] === 'full';
const OPS = isFull ? 500 : 40;
const LIMIT_MS = isFull ? 900_000 : 110_000;
const said: string[] = [];
const run: FaultRun = {
  seed: SEED,
  ops: OPS,
  destination: 'caldav',
  write: (line) => said.push(line),
  signal: new AbortController().signal,
};

describe(`the fault harness (${OPS} operations, seed ${SEED})`, () => {
  test(
    'finds nothing doubled, lost, falsely claimed or left open while everything fails that can fail, and every fault fires',
    async () => {
      const { figures, findings, traceOf } = await runFaults(run);
      const stories = [...new Set(findings.flatMap(({ story }) => story ?? []))];
      expect(findings, stories.flatMap((story) => [`story ${story}`, ...traceOf(story)]).join('\n')).toEqual([]);
      expect(figures).toMatchObject({ duplicated: 0, lost: 0, falseClaims: 0, promisesBroken: 0, orphans: 0, doubleBooked: 0 });
      expect(figures.ops).toBeGreaterThan(OPS * 0.9);
      expect(figures.unfired).toEqual([]);
      expect(Object.keys(figures.fired)).toEqual(
        expect.arrayContaining(['redis.killed', 'redis.flushed', 'redis.frozen', 'worker.killed', 'worker.frozen', 'destination.killed']),
      );
    },
    LIMIT_MS,
  );

  test('can fail: common practice under the same faults books twice and claims what is not there', async () => {
    const figures = await runNaive(run);
    expect(figures.duplicated).toBeGreaterThan(0);
    expect(figures.falseClaims).toBeGreaterThan(0);
  });
});
