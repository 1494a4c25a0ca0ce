import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createSeededRandom,
  expandTemplate,
  type GrammarNode,
  type GrammarOption,
  readGrammar,
} from '../../../../../src/adapters/speech/graph/grammar.ts';

const grammar = readGrammar(join(import.meta.dirname, '../../../../../models/starter/stt/grammar.json'));
/** Sentences of lone common words: they can say anything, and stand for no template. */
const LOOSE = 'loose';
const DRAWS = 8;

/** Where a node can end when it begins at `from`: every way of saying it that the words allow. */
function ends(node: GrammarNode, words: readonly string[], from: number): ReadonlySet<number> {
  switch (node.kind) {
    case 'word':
      return new Set(words[from] === node.text ? [from + 1] : []);
    case 'sequence':
      return node.items.reduce<ReadonlySet<number>>(
        (starts, item) => new Set([...starts].flatMap((start) => [...ends(item, words, start)])),
        new Set([from]),
      );
    case 'choice':
      return endsOfAny(node.options, words, from);
    case 'list':
      return endsOfAny(grammar.lists.get(node.name) ?? [], words, from);
    case 'spell': {
      const found = new Set<number>();
      for (let at = from; at < words.length && /^(?:[A-Za-z]|double)$/.test(words[at] ?? ''); at += 1) found.add(at + 1);
      return found;
    }
  }
}

const endsOfAny = (options: readonly GrammarOption[], words: readonly string[], from: number): ReadonlySet<number> =>
  new Set(options.flatMap(({ node }) => [...ends(node, words, from)]));

const templates = [...grammar.sections].filter(([name]) => name !== LOOSE).flatMap(([, section]) => section.templates);
const canBeSaid = (words: readonly string[]): boolean => endsOfAny(templates, words, 0).has(words.length);

describe('the held-out templates of the recogniser', () => {
  it('are recognised as leaking when a template of the training says the same', () => {
    expect(canBeSaid(['yes', 'please'])).toBe(true);
    expect(canBeSaid(['no', 'monday'])).toBe(true);
    expect(canBeSaid(['this', 'is', 'no', 'sentence', 'of', 'ours'])).toBe(false);
  });

  it.each([...grammar.sections].filter(([, section]) => section.held.length > 0).map(([name]) => name))(
    'say nothing in section %s that the training heard',
    (name) => {
      const random = createSeededRandom(3);
      const leaks = (grammar.sections.get(name)?.held ?? []).flatMap((option) =>
        Array.from({ length: DRAWS }, () => expandTemplate(grammar, [option], random)).filter(canBeSaid),
      );
      expect(leaks.map((words) => words.join(' '))).toEqual([]);
    },
  );
});
