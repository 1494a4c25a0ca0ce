/** Words after which a caller says it anew. */
const ANEW = new Set(['no', 'nope', 'sorry', 'mean', 'meant', 'rather', 'wait', 'actually', 'instead']);
const SMALL = new Set(['on', 'at', 'the', 'next', 'this', 'half', 'quarter', 'past', 'to']);
const DENIALS = new Set(['not', "isn't", 'except', 'excluding']);

/** What to read first: the words after the last "no" or "I meant", then those after the one before, at last all of them. */
export function latestFirst(words: readonly string[]): readonly (readonly string[])[] {
  const tails = words.flatMap((word, index) => (ANEW.has(word) ? [words.slice(index + 1)] : []));
  return [...tails.toReversed().filter((tail) => tail.length > 0), words];
}

/** True when the value at `index` is the one that is not meant: "not Friday", "any day but Monday", "from Tuesday to Friday". */
export function isDenied(words: readonly string[], index: number): boolean {
  let before = index - 1;
  while (before >= 0 && SMALL.has(words[before] ?? '')) before -= 1;
  const word = words[before] ?? '';
  if (DENIALS.has(word)) return true;
  if (word === 'but') return words.slice(0, before).some((earlier) => earlier === 'any' || earlier === 'anything');
  return word === 'from' && words.indexOf('to', index) > index;
}
