import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpState } from '../../../../src/domain/writeback/intent.ts';
import type { StepRole } from '../../../../src/domain/writeback/plan.ts';
import { isFinal } from '../../../../src/domain/writeback/reduce-op.ts';
import { advanceSaga, type SagaStep } from '../../../../src/domain/writeback/saga.ts';

const RUNS = process.env['VESTIBULE_TEST_TIER'] === 'full' ? 10_000 : 1000;
const END = fc.constantFrom<OpState>('verified', 'verified', 'verified', 'rejected', 'conflict', 'dead', 'needs_human');
/** Steps before and after the pivot, how each will end when it is carried out, and whether others rely on it. */
const world = fc.record({
  before: fc.integer({ min: 0, max: 3 }),
  after: fc.integer({ min: 0, max: 3 }),
  ends: fc.array(END, { minLength: 7, maxLength: 7 }),
  own: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

interface Life {
  readonly steps: readonly SagaStep[];
  /** Steps in the order in which they were carried out, and in which they were to be undone. */
  readonly carriedOut: readonly string[];
  readonly undone: readonly string[];
  readonly state: string;
}

/** Lives a plan to its end as the ledger does: what is released is carried out, one at a time, and the plan is asked after each. */
function live({ before, after, ends, own }: World): Life {
  const roles: StepRole[] = [...Array<StepRole>(before).fill('before'), 'pivot', ...Array<StepRole>(after).fill('after')];
  let steps: SagaStep[] = roles.map((role, index) => ({
    op: `${index}`,
    role,
    state: 'accepted',
    turn: index === 0 ? 'released' : 'held',
    own: own[index] ?? true,
  }));
  const [carriedOut, undone]: [string[], string[]] = [[], []];
  let state = 'running';
  for (let rounds = 0; rounds < 20; rounds += 1) {
    const next = steps.find((step) => step.turn === 'released' && step.state === 'accepted');
    if (next === undefined) break;
    carriedOut.push(next.op);
    steps = steps.map((step) => (step === next ? { ...step, state: ends[Number(step.op)] ?? 'verified' } : step));
    const advanced = advanceSaga(steps);
    state = advanced.state;
    for (const { type, op } of advanced.actions) {
      if (type === 'undo') undone.push(op);
      const change =
        type === 'release' ? ({ turn: 'released' } as const) : ({ state: type === 'drop' ? 'compensated' : 'compensating' } as const);
      steps = steps.map((step) => (step.op === op ? { ...step, ...change } : step));
    }
  }
  return { steps, carriedOut, undone, state };
}

const pivotOf = ({ steps }: Life): SagaStep => {
  const pivot = steps.find(({ role }) => role === 'pivot');
  if (pivot === undefined) throw new Error('a plan has a pivot');
  return pivot;
};
const always = (rule: (life: Life) => void): void =>
  fc.assert(
    fc.property(world, (one) => rule(live(one))),
    { numRuns: RUNS },
  );

describe('a plan of several steps, however they end', () => {
  test('comes to an end, and no step is left to be carried out', () => {
    always((life) => {
      expect(life.state).not.toBe('running');
      for (const { state } of life.steps) expect(isFinal(state) || state === 'compensating').toBe(true);
    });
  });

  test('carries out each step at most once, and nothing before the step ahead of it stands', () => {
    always(({ carriedOut, steps }) => {
      expect(new Set(carriedOut).size).toBe(carriedOut.length);
      const leading = steps.filter(({ role }) => role !== 'after').map(({ op }) => op);
      expect(carriedOut.slice(0, leading.length)).toEqual(leading.slice(0, carriedOut.length));
    });
  });

  test('takes back what came before a pivot that was refused, last first, but not what others rely on', () => {
    always((life) => {
      const { steps, undone } = life;
      const refused = steps.find(({ role, state }) => role !== 'after' && ['rejected', 'conflict', 'dead'].includes(state));
      const expected =
        refused === undefined
          ? []
          : steps
              .slice(0, Number(refused.op))
              .filter(({ own }) => own)
              .map(({ op }) => op);
      expect(undone).toEqual(expected.toReversed());
    });
  });

  test('only goes forward once the pivot stands: nothing is taken back, and every later step is tried', () => {
    always((life) => {
      if (pivotOf(life).state !== 'verified') return;
      expect(life.undone).toEqual([]);
      expect(life.carriedOut).toHaveLength(life.steps.length);
    });
  });

  test('writes nothing after a pivot that does not stand', () => {
    always((life) => {
      if (pivotOf(life).state === 'verified') return;
      const after = life.steps.filter(({ role }) => role === 'after').map(({ op }) => op);
      expect(after.filter((op) => life.carriedOut.includes(op))).toEqual([]);
    });
  });
});
