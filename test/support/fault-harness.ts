import { describe, expect, test } from 'vitest';
import { runNaive } from '../../src/app/faults/naive.ts';
import { type FaultRun, runFaults } from '../../src/app/faults/run.ts';

const OPS = 500;
/** Enough for every fault to fire a few times, however the machine shares out its time. */
const BASELINE_OPS = 100;
const LIMIT_MS = 600_000;

/** The fault harness against one destination; `npm run faults -- --ops 500 --seed S --destination D` does the same again. */
export function describeFaultHarness(destination: FaultRun['destination'], seed: number): void {
  const runOf = (ops: number): FaultRun => ({ seed, ops, destination, write: () => undefined, signal: new AbortController().signal });

  describe(`the fault harness with ${destination}`, () => {
    test(
      `finds nothing doubled, lost, falsely claimed or left open while everything fails that can fail, and every fault fires (${OPS} operations, seed ${seed})`,
      async () => {
        const { figures, findings, traceOf } = await runFaults(runOf(OPS));
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
      const figures = await runNaive(runOf(BASELINE_OPS));
      // Which of them, and how many, is a matter of timing.
      expect(figures.duplicated + figures.falseClaims).toBeGreaterThan(0);
    });
  });
}
