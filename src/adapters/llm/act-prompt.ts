/** Longest turn that is read, in characters; what a caller says without a pause is far below it. */
export const TURN_CHARACTERS_MAX = 2000;

/**
 * The form of a caller's words that the act model was trained on: lower case, a-z, 0-9 and apostrophe, one space before every word.
 * `models/training/act/acts.py` has the same rule. Control tokens cannot survive it: `<`, `|` and `>` become spaces.
 */
export function normaliseTurn(text: string): string {
  const plain = text
    .slice(0, TURN_CHARACTERS_MAX)
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9']+/gu, ' ')
    .trim();
  return plain === '' ? '' : ` ${plain}`;
}

/** Keeps the beginning and the end of a long turn: the wish stands in one of them. */
export function clipTurn<T>(tokens: readonly T[], clip: { readonly head: number; readonly tail: number }): readonly T[] {
  if (tokens.length <= clip.head + clip.tail) return tokens;
  return [...tokens.slice(0, clip.head), ...tokens.slice(-clip.tail)];
}
