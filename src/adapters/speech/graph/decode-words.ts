import { isUnknownLetter, UNKNOWN_FIRST } from './vocabulary.ts';

/** The part of sherpa-onnx's result JSON that a decoding graph fills. */
export interface GraphResult {
  /** Word ids of the graph, in order; an id is the index into the graph's word list. */
  readonly words: readonly number[];
  /** Recognised symbols, one per letter; a space is " " or "▁". */
  readonly tokens?: readonly string[];
  /** Start of each token in seconds from the first sample. */
  readonly timestamps: readonly number[];
}

export interface TimedWord {
  readonly text: string;
  /** Milliseconds from the first sample fed, or null where the result gives no time. */
  readonly endMs: number | null;
}

/** Length of a token in the model's time grid. */
const TOKEN_MS = 40;
const HALVES_OF_DAY: ReadonlySet<string> = new Set(['a', 'p']);

interface Spelled {
  text: string;
  letters: number;
}

function joinLetters(ids: readonly number[], words: readonly string[]): readonly Spelled[] {
  const spelled: Spelled[] = [];
  for (const id of ids) {
    const word = words[id];
    if (word === undefined || id === 0) continue;
    const last = spelled.at(-1);
    if (!isUnknownLetter(word)) spelled.push({ text: word, letters: word.length });
    else if (word.startsWith(UNKNOWN_FIRST) || last === undefined) spelled.push({ text: word.slice(1), letters: 1 });
    else {
      last.text += word.slice(1);
      last.letters += 1;
    }
  }
  return spelled;
}

/**
 * Turns a result of sherpa-onnx's graph decoder into text. Its `text` must not be used: it joins letters, and two words without a gap
 * become one. `words` holds the graph's output labels; letters of words outside the vocabulary come one by one and are joined here;
 * "a m" and "p m" become one word. Text is lower case; `endMs` is taken from the letters' times where they fit the words.
 */
export function decodeWords(result: GraphResult, words: readonly string[]): { readonly text: string; readonly words: readonly TimedWord[] } {
  const spelled = joinLetters(result.words, words);
  const ends = letterEnds(result, spelled);
  const timed: TimedWord[] = [];
  for (const [index, { text }] of spelled.entries()) {
    const endMs = ends[index] ?? null;
    const last = timed.at(-1);
    if (text === 'm' && last !== undefined && HALVES_OF_DAY.has(last.text)) timed[timed.length - 1] = { text: `${last.text}m`, endMs };
    else timed.push({ text, endMs });
  }
  return { text: timed.map((word) => word.text).join(' '), words: timed };
}

/** The end of each word in milliseconds; a word's letters are the next tokens that are not spaces. */
function letterEnds(result: GraphResult, spelled: readonly Spelled[]): readonly (number | null)[] {
  const tokens = result.tokens ?? [];
  const letters = result.timestamps.filter((_, index) => (tokens[index] ?? 'x').replace('▁', ' ').trim() !== '');
  let at = 0;
  return spelled.map(({ letters: count }) => {
    at += count;
    const seconds = letters[Math.min(at, letters.length) - 1];
    return seconds === undefined ? null : Math.round(seconds * 1000) + TOKEN_MS;
  });
}
