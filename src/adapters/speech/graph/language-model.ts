import type { WeightedSentence } from './corpus.ts';

/** An arc of an acceptor over word ids: from, to, word id (0 = none), cost (negative log probability). */
export type Arc = readonly [from: number, to: number, word: number, cost: number];

export interface Acceptor {
  /** State 0 is the start. */
  readonly arcs: readonly Arc[];
  readonly finals: readonly (readonly [state: number, cost: number])[];
  /** The state that knows nothing of the words before: unknown words start and end here. */
  readonly emptyHistory: number;
  readonly states: number;
}

const START = '<s>';
const END = '</s>';
const PROBABILITY_MIN = 1e-7;
/** Histories of two words seen with less weight than this are left to the shorter history: they would only make the graph larger. */
const LONG_HISTORY_WEIGHT_MIN = 3;
/** Weight given to events never seen after a history, as a share of the kinds of words seen after it (Witten-Bell). */
const NOVELTY = 1.0;

type Counts = Map<string, Map<string, number>>;

function count(sentences: readonly WeightedSentence[], order: number): Counts {
  const counts: Counts = new Map();
  for (const { words, weight } of sentences) {
    const line = [START, ...words, END];
    for (let i = 1; i < line.length; i += 1) {
      if (order === 3 && i === 1) continue;
      const history = line.slice(Math.max(0, i - order + 1), i).join(' ');
      const next = line[i] ?? END;
      const row = counts.get(history) ?? new Map<string, number>();
      row.set(next, (row.get(next) ?? 0) + weight);
      counts.set(history, row);
    }
  }
  return counts;
}

interface Row {
  /** Interpolated probability of each word seen after the history. */
  readonly seen: ReadonlyMap<string, number>;
  /** Probability mass left for the others, relative to what the shorter history gives them. */
  readonly backoff: number;
}

function smooth(row: ReadonlyMap<string, number>, lower: (word: string) => number): Row {
  const total = [...row.values()].reduce((sum, weight) => sum + weight, 0);
  const novel = NOVELTY * row.size;
  const seen = new Map([...row].map(([word, weight]) => [word, (weight + novel * lower(word)) / (total + novel)]));
  let kept = 0;
  let lowerKept = 0;
  for (const [word, probability] of seen) {
    kept += probability;
    lowerKept += lower(word);
  }
  return {
    seen,
    backoff: Math.max(PROBABILITY_MIN, (1 - Math.min(kept, 1)) / Math.max(PROBABILITY_MIN, 1 - Math.min(lowerKept, 1))),
  };
}

/**
 * A word trigram with back-off (Witten-Bell, interpolated) as an acceptor: one state per history, so that a graph decoder can run it.
 * `scale` multiplies every cost: the weight of the language against the sound.
 */
export function buildLanguageModel(sentences: readonly WeightedSentence[], ids: ReadonlyMap<string, number>, scale: number): Acceptor {
  const singles = count(sentences, 1).get('') ?? new Map<string, number>();
  const total = [...singles.values()].reduce((sum, weight) => sum + weight, 0) + ids.size;
  const single = (word: string): number => ((singles.get(word) ?? 0) + 1) / total;
  const pairs = new Map([...count(sentences, 2)].map(([history, row]) => [history, smooth(row, single)]));
  const pair = (history: string, word: string): number => {
    const row = pairs.get(history);
    return row?.seen.get(word) ?? (row?.backoff ?? 1) * single(word);
  };
  const triples = new Map<string, Row>();
  for (const [history, row] of count(sentences, 3)) {
    const weight = [...row.values()].reduce((sum, each) => sum + each, 0);
    if (weight < LONG_HISTORY_WEIGHT_MIN) continue;
    const last = history.slice(history.indexOf(' ') + 1);
    triples.set(
      history,
      smooth(row, (word) => pair(last, word)),
    );
  }
  const states = new Map<string, number>();
  for (const history of [START, '', ...pairs.keys(), ...triples.keys()]) if (!states.has(history)) states.set(history, states.size);
  const stateOf = (history: string): number =>
    states.get(history) ?? states.get(history.slice(history.indexOf(' ') + 1)) ?? states.get('') ?? 1;
  const arcs: Arc[] = [];
  const finals: [number, number][] = [];
  const cost = (probability: number): number => -Math.log(Math.max(probability, PROBABILITY_MIN)) * scale;
  const addRow = (history: string, row: Row, shorter: string): void => {
    const from = stateOf(history);
    const last = history === START ? START : history.slice(history.lastIndexOf(' ') + 1);
    for (const [word, probability] of row.seen) {
      if (word === END) finals.push([from, cost(probability)]);
      else arcs.push([from, stateOf(`${last} ${word}`), ids.get(word) ?? 0, cost(probability)]);
    }
    arcs.push([from, stateOf(shorter), 0, cost(row.backoff)]);
  };
  for (const [history, row] of triples) addRow(history, row, history.slice(history.indexOf(' ') + 1));
  for (const [history, row] of pairs) addRow(history, row, '');
  const emptyHistory = stateOf('');
  for (const [word, id] of ids) arcs.push([emptyHistory, states.get(word) ?? emptyHistory, id, cost(single(word))]);
  finals.push([emptyHistory, cost(single(END))]);
  return { arcs, finals, emptyHistory, states: states.size };
}
