import type { Random } from '../../../base/clock.ts';
import type { Expectation } from '../../../domain/dialog/dialog.ts';
import { createSeededRandom, expandTemplate, type Grammar, type GrammarOption, normaliseWords, parseTemplate } from './grammar.ts';

/** What is particular to a practice: single words, whole sentences (services, questions), and names of its people and streets. */
export interface PracticeVocabulary {
  readonly words: readonly string[];
  readonly sentences: readonly string[];
  readonly names: readonly string[];
}

export interface WeightedSentence {
  readonly words: readonly string[];
  readonly weight: number;
}

/** Sentences drawn from each section of the grammar. */
const SAMPLES_PER_SECTION = 2500;
/** How likely a caller answers what was asked, and not something else. */
const ANSWER_SHARE: Readonly<Record<Expectation, number>> = {
  general: 0.75,
  confirm: 0.8,
  datetime: 0.85,
  name: 0.85,
  phone: 0.9,
};
/** Total weight of one expectation's sentences: the scale on which rare words are smoothed. */
const TOTAL_WEIGHT = 60_000;
const PRACTICE_SHARE = 0.04;
/** A practice's own names are this much likelier than those of the grammar, taken together. */
const OWN_NAME_WEIGHT = 20;
const SEED = 9;

function withPractice(grammar: Grammar, vocabulary: PracticeVocabulary): Grammar {
  const names = vocabulary.names.flatMap((name) => normaliseWords(name)).filter((word) => word.length > 1);
  if (names.length === 0) return grammar;
  const lists = new Map(grammar.lists);
  const each = Math.max(1, Math.round(OWN_NAME_WEIGHT / names.length));
  lists.set('last', [...(lists.get('last') ?? []), ...names.map((name) => ({ ...parseTemplate(name), weight: each }))]);
  return { lists, sections: grammar.sections };
}

/** A letter stays a capital until here; the recogniser writes it as a word of one letter. */
function written(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => normaliseWords(word));
}

interface Drawn {
  readonly words: readonly string[];
  /** Among what its section says; the shares of a section add up to one. */
  readonly share: number;
}

/** Every word of a choice of lone words, with how likely it is; null when anything longer can be said. */
function loneWords(grammar: Grammar, options: readonly GrammarOption[], share = 1): readonly Drawn[] | null {
  const total = options.reduce((sum, option) => sum + option.weight, 0);
  const found: Drawn[] = [];
  for (const { weight, node } of options) {
    const own = (share * weight) / total;
    const only = node.kind === 'sequence' && node.items.length === 1 ? node.items[0] : node;
    if (only?.kind === 'word') {
      found.push({ words: written([only.text]), share: own });
      continue;
    }
    const inner = only?.kind === 'choice' ? only.options : only?.kind === 'list' ? grammar.lists.get(only.name) : undefined;
    const words = inner === undefined ? null : loneWords(grammar, inner, own);
    if (words === null) return null;
    found.push(...words);
  }
  return found;
}

/** Sentences drawn by chance, except from a section of lone words: a vocabulary is taken whole, however rare a word of it is. */
function drawSection(grammar: Grammar, name: string, random: Random): readonly Drawn[] {
  const section = grammar.sections.get(name);
  if (section === undefined) return [];
  const vocabulary = loneWords(grammar, section.templates);
  if (vocabulary !== null) return vocabulary;
  const drawn = Array.from({ length: SAMPLES_PER_SECTION }, () => written(expandTemplate(grammar, section.templates, random))).filter(
    (words) => words.length > 0,
  );
  return drawn.map((words) => ({ words, share: 1 / drawn.length }));
}

/** Weighted sentences per expectation: mostly answers to what was asked, and everything else a caller may say instead. */
export function buildCorpora(grammar: Grammar, vocabulary: PracticeVocabulary): ReadonlyMap<Expectation, readonly WeightedSentence[]> {
  const random = createSeededRandom(SEED);
  const own = withPractice(grammar, vocabulary);
  const drawnOf = new Map([...own.sections.keys()].map((name) => [name, drawSection(own, name, random)]));
  const practice = [...vocabulary.sentences, ...vocabulary.words, ...vocabulary.names]
    .map((text) => normaliseWords(text))
    .filter((words) => words.length > 0);
  const corpora = new Map<Expectation, readonly WeightedSentence[]>();
  for (const [expectation, share] of Object.entries(ANSWER_SHARE) as [Expectation, number][]) {
    const sections = [...own.sections];
    const weightOf = (answers: boolean): number =>
      sections
        .filter(([, section]) => section.expect.includes(expectation) === answers)
        .reduce((sum, [, section]) => sum + section.weight, 0);
    const [answering, other] = [weightOf(true), weightOf(false)];
    const sentences = sections.flatMap(([name, section]) => {
      const answers = section.expect.includes(expectation);
      const sectionShare = ((answers ? share : 1 - share) * section.weight) / Math.max(1e-9, answers ? answering : other);
      return (drawnOf.get(name) ?? []).map((drawn) => ({ words: drawn.words, weight: sectionShare * TOTAL_WEIGHT * drawn.share }));
    });
    const practiceWeight = (PRACTICE_SHARE * TOTAL_WEIGHT) / Math.max(1, practice.length);
    corpora.set(expectation, [...sentences, ...practice.map((words) => ({ words, weight: Math.min(practiceWeight, 200) }))]);
  }
  return corpora;
}
