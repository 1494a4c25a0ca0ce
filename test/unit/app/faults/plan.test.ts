import { describe, expect, test } from 'vitest';
import { planFaults } from '../../../../src/app/faults/plan.ts';
import { plannedFaults } from '../../../../src/app/faults/report.ts';
import { STORY_KINDS, STORY_OPS, storyOfDay } from '../../../../src/app/faults/story.ts';
import { REQUEST_FAULT_KINDS } from '../../../../src/adapters/fault-proxy/misbehave.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('the plan of a fault run', () => {
  test('is the same for the same seed, and another one for another', () => {
    expect(planFaults(42, 60)).toEqual(planFaults(42, 60));
    expect(planFaults(42, 60)).not.toEqual({ ...planFaults(43, 60), seed: 42 });
  });

  test.each(SEEDS)('has exactly as many operations as were asked for (seed %d)', (seed) => {
    for (const ops of [1, 2, 3, 10, 41, 300]) {
      const { stories } = planFaults(seed, ops);
      expect(stories.reduce((sum, { kind }) => sum + STORY_OPS[kind], 0)).toBe(ops);
    }
  });

  test.each(SEEDS)('of forty operations holds every kind of story and lets every kind of fault hit a write (seed %d)', (seed) => {
    const plan = planFaults(seed, 40);
    expect(new Set(plan.stories.map(({ kind }) => kind))).toEqual(new Set(STORY_KINDS));
    expect([...plannedFaults(plan)]).toEqual(expect.arrayContaining(REQUEST_FAULT_KINDS.map((kind) => `write.${kind}`)));
    expect(plan.disturbances.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['redis_killed', 'redis_flushed', 'worker_killed']));
  });

  test('leaves the first operations in peace', () => {
    const { stories, calmStories, disturbances } = planFaults(7, 100);
    expect(calmStories).toBe(10);
    for (const { kind, faults } of stories.slice(0, calmStories)) {
      expect(kind).toBe('book');
      expect(faults).toEqual({ write: [], read: [] });
    }
    expect(Math.min(...disturbances.map(({ atStory }) => atStory))).toBeGreaterThanOrEqual(calmStories);
  });

  test('gives every story a day and every caller a number of their own', () => {
    const { stories } = planFaults(9, 400);
    expect(stories.map(({ day }) => storyOfDay(day))).toEqual(stories.map(({ index }) => index));
    const phones = stories.flatMap(({ callers }) => callers.map(({ phone }) => phone));
    expect(new Set(phones).size).toBe(phones.length);
  });
});
