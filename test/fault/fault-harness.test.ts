import { describe, expect, test } from 'vitest';
import { runNaive } from '../../src/app/faults/naive.ts';
import { runFaults, type FaultRun } from '../../src/app/faults/run.ts';

/** `npm run faults -- --ops N --seed S --destination D` does the same again. */
const SEEDS = { caldav: 20_261_126, fhir: 20_261_127, tryton: 20_261_128 } as const;
const OPS = 500;
/** Enough for every fault to fire once. */
const BASELINE_OPS = 40;
const LIMIT_MS = 600_000;

const runOf = (destination: keyof typeof SEEDS, ops: number): FaultRun => ({
  seed: SEEDS[destination],
  ops,
  destination,
  write: () => undefined,
  signal: new AbortController().signal,
});

describe.each(Object.keys(SEEDS) as (keyof typeof SEEDS)[])('the fault harness with %s', (destination) => {
  test(
    `finds nothing doubled, lost, falsely claimed or left open while everything fails that can fail, and every fault fires (${OPS} operations, seed ${SEEDS[destination]})`,
    async () => {
      const { figures, findings, traceOf } = await runFaults(runOf(destination, OPS));
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

  test('can fail: common practice under the same faults writes twice and claims what is not there', async () => {
    const figures = await runNaive(runOf(destination, BASELINE_OPS));
    expect(figures.duplicated).toBeGreaterThan(0);
    expect(figures.falseClaims).toBeGreaterThan(0);
  });
});
