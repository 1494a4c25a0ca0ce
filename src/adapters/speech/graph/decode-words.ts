import { isUnknownPart, UNKNOWN_FIRST } from './vocabulary.ts';

/** The part of sherpa-onnx's result JSON that a decoding graph fills. */
export interface GraphResult {
  /** Output labels of the graph in order; a label is the index into the graph's word list. */
  readonly words: readonly number[];
  /** Start of each recognised phone in seconds from the first sample. */
  readonly timestamps: readonly number[];
}

/** Length of a frame in the model's time grid. */
const FRAME_MS = 40;
const HALVES_OF_DAY: ReadonlySet<string> = new Set(['a', 'p']);

/** Words of output labels: the parts of an unknown word are joined, and "a m" and "p m" become one word. */
export function wordsOfLabels(labels: readonly number[], words: readonly string[]): readonly string[] {
  const said: string[] = [];
  for (const label of labels) {
    const word = words[label];
    if (word === undefined || label === 0) continue;
    const last = said.at(-1);
    if (isUnknownPart(word) && last !== undefined && !word.startsWith(UNKNOWN_FIRST)) said[said.length - 1] = last + word.slice(1);
    else if (isUnknownPart(word)) said.push(word.slice(1));
    else if (word === 'm' && last !== undefined && HALVES_OF_DAY.has(last)) said[said.length - 1] = `${last}m`;
    else said.push(word);
  }
  return said;
}

/**
 * Turns a result of sherpa-onnx's graph decoder into lower-case text. The result's `text` and `tokens` must not be used: they are phones.
 * `words` holds the graph's output labels. The decoder gives no word times; the end of the last phone is the end of the last word.
 */
export function decodeWords(
  result: GraphResult,
  words: readonly string[],
): { readonly text: string; readonly lastWordEndMs: number | null } {
  const said = wordsOfLabels(result.words, words);
  const last = result.timestamps.at(-1);
  return {
    text: said.join(' '),
    lastWordEndMs: said.length === 0 || last === undefined ? null : Math.round(last * 1000) + FRAME_MS,
  };
}
