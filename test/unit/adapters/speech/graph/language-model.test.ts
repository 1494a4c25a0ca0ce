import { describe, expect, it } from 'vitest';
import { type Acceptor, buildLanguageModel } from '../../../../../src/adapters/speech/graph/language-model.ts';

const ids = new Map([
  ['half', 1],
  ['past', 2],
  ['ten', 3],
  ['nine', 4],
  ['please', 5],
]);
const sentences = [
  { words: ['half', 'past', 'ten'], weight: 40 },
  { words: ['half', 'past', 'nine'], weight: 10 },
  { words: ['ten', 'please'], weight: 20 },
];

/** The cheapest cost of a sentence, back-off included. */
function costOf(model: Acceptor, words: readonly string[]): number {
  let costs = new Map([[0, 0]]);
  const spread = (): void => {
    for (let changed = true; changed;) {
      changed = false;
      for (const [from, to, word, cost] of model.arcs) {
        const reached = costs.get(from);
        if (word !== 0 || reached === undefined || reached + cost >= (costs.get(to) ?? Infinity) - 1e-12) continue;
        costs.set(to, reached + cost);
        changed = true;
      }
    }
  };
  for (const word of words) {
    spread();
    const next = new Map<number, number>();
    for (const [from, to, id, cost] of model.arcs) {
      const reached = costs.get(from);
      if (id === ids.get(word) && reached !== undefined) next.set(to, Math.min(next.get(to) ?? Infinity, reached + cost));
    }
    costs = next;
  }
  spread();
  return Math.min(...model.finals.map(([state, cost]) => (costs.get(state) ?? Infinity) + cost));
}

describe('buildLanguageModel', () => {
  const model = buildLanguageModel(sentences, ids, 1);

  it('prefers what was said more often', () => {
    expect(costOf(model, ['half', 'past', 'ten'])).toBeLessThan(costOf(model, ['half', 'past', 'nine']));
  });

  it('accepts any order of its words, at a price', () => {
    const seen = costOf(model, ['half', 'past', 'nine']);
    const unseen = costOf(model, ['nine', 'half', 'please', 'past']);
    expect(unseen).toBeGreaterThan(seen);
    expect(unseen).toBeLessThan(Infinity);
  });

  it('gives no sentence and no set of sentences more than all the probability', () => {
    const all = [...ids.keys()].flatMap((a) => [
      [a],
      ...[...ids.keys()].flatMap((b) => [[a, b], ...[...ids.keys()].map((c) => [a, b, c])]),
    ]);
    const mass = all.reduce((sum, words) => sum + Math.exp(-costOf(model, words)), 0);
    expect(mass).toBeGreaterThan(0.7);
    expect(mass).toBeLessThan(1.05);
  });

  it('weighs every cost with the scale', () => {
    expect(costOf(buildLanguageModel(sentences, ids, 2), ['ten', 'please'])).toBeCloseTo(2 * costOf(model, ['ten', 'please']), 6);
  });
});
