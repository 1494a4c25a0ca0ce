import { readFileSync } from 'node:fs';
import { AppError } from '../../../base/app-error.ts';

/** The recogniser's symbols. In a decoding graph an input label is the symbol's id + 1, because label 0 means "nothing". */
export interface Symbols {
  readonly labelOf: ReadonlyMap<string, number>;
  readonly space: number;
  readonly blank: number;
  /** All labels but the blank's. */
  readonly spoken: readonly number[];
}

/** Reads tokens.txt. Throws `model_missing` or `model_corrupt`. */
export function readSymbols(path: string): Symbols {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('model_missing', `the token list ${path} cannot be read`, { cause });
  }
  const labelOf = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [symbol, id] = line.split(' ');
    if (symbol !== undefined && id !== undefined && /^\d+$/.test(id)) labelOf.set(symbol, Number(id) + 1);
  }
  const [space, blank] = [labelOf.get('▁'), labelOf.get('<blk>')];
  if (space === undefined || blank === undefined) throw new AppError('model_corrupt', `${path} has no \`▁\` or no \`<blk>\``);
  return { labelOf, space, blank, spoken: [...labelOf.values()].filter((label) => label !== blank) };
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
/** Marks the first letter, and any further letter, of a word that is not in the vocabulary. */
export const UNKNOWN_FIRST = '^';
export const UNKNOWN_NEXT = '#';

/**
 * The words of a graph by id: index 0 is "no word". Letters of unknown words are words of their own, marked with `^` and `#`.
 * Apart from those, a word is what the caller said.
 */
export function listWords(sentences: Iterable<readonly string[]>, symbols: Symbols): readonly string[] {
  const words = new Set<string>(LETTERS);
  for (const sentence of sentences) for (const word of sentence) if ([...word].every((letter) => symbols.labelOf.has(letter))) words.add(word);
  return ['<none>', ...[...words].toSorted(), ...LETTERS.map((letter) => UNKNOWN_FIRST + letter), ...LETTERS.map((letter) => UNKNOWN_NEXT + letter)];
}

export const isUnknownLetter = (word: string): boolean => word.startsWith(UNKNOWN_FIRST) || word.startsWith(UNKNOWN_NEXT);
