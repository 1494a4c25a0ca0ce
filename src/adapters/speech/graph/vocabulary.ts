import { readFileSync } from 'node:fs';
import { AppError } from '../../../base/app-error.ts';
import type { Lexicon, PhoneTable } from './pronunciation.ts';

/** The recogniser's symbols. In a decoding graph an input label is the symbol's id + 1, because label 0 means "nothing". */
export interface Symbols {
  readonly labelOf: ReadonlyMap<string, number>;
  readonly blank: number;
  /** All labels but the blank's. */
  readonly spoken: readonly number[];
}

/** Reads tokens.txt. Throws `model_missing`, or `model_corrupt` when it has no `<blk>` or lacks a phone of the table. */
export function readSymbols(path: string, table: PhoneTable): Symbols {
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
  const blank = labelOf.get('<blk>');
  const missing = table.phones.find((phone) => !labelOf.has(phone));
  if (blank === undefined || missing !== undefined)
    throw new AppError('model_corrupt', `${path} has no \`${blank === undefined ? '<blk>' : missing}\``);
  return { labelOf, blank, spoken: [...labelOf.values()].filter((label) => label !== blank) };
}

/** Marks the first, and any further, phone of a word that is not in the vocabulary, written with letters. */
export const UNKNOWN_FIRST = '^';
export const UNKNOWN_NEXT = '#';

/** Output labels of a graph: words that callers say, and the phones of unknown words. */
export interface GraphVocabulary {
  /** The text of each label; index 0 is "no word". */
  readonly words: readonly string[];
  readonly idOf: ReadonlyMap<string, number>;
  readonly pronunciations: Lexicon;
  readonly unknownFirst: ReadonlyMap<string, number>;
  readonly unknownNext: ReadonlyMap<string, number>;
}

export function createVocabulary(pronunciations: Lexicon, table: PhoneTable): GraphVocabulary {
  const known = [...pronunciations.keys()].toSorted();
  const words = ['<none>', ...known];
  const add = (mark: string): ReadonlyMap<string, number> =>
    new Map(table.phones.map((phone) => [phone, words.push(mark + (table.letters[phone] ?? '')) - 1]));
  const unknownFirst = add(UNKNOWN_FIRST);
  const unknownNext = add(UNKNOWN_NEXT);
  return {
    words,
    idOf: new Map(known.map((word, index) => [word, index + 1])),
    pronunciations,
    unknownFirst,
    unknownNext,
  };
}

export const isUnknownPart = (word: string): boolean => word.startsWith(UNKNOWN_FIRST) || word.startsWith(UNKNOWN_NEXT);
