import { normalise } from './words.ts';

/** Words after which a caller says it anew. */
const ANEW = new Set(['no', 'nope', 'sorry', 'mean', 'meant', 'rather', 'wait', 'actually', 'instead']);
const SMALL = new Set(['on', 'at', 'the', 'next', 'this', 'half', 'quarter', 'past', 'to']);
const DENIALS = new Set(['not', "isn't", 'except', 'excluding']);

const TAKEN_BACK =
  /^(?:(?:oh|um|uh|okay|yes but) )*(?:no|nope|sorry|wait|actually|hold on|hang on|not|yes but|change|make it)\b.*\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today|next week|o'clock|half past|quarter (?:past|to)|thirty|fifteen|noon|in the (?:morning|afternoon)|(?:the )?(?:day|time) (?:is|should|was)|at (?:eight|nine|ten|eleven|twelve|two|three|four|five|six))\b/;

/** True when a sentence takes back a day or a time that was agreed before: "no, Thursday", "sorry, half past two". */
export function isTakenBack(text: string): boolean {
  const said = normalise(text);
  return TAKEN_BACK.test(said) || /\b(?:wrong (?:day|time)|i meant|instead of|go back to the (?:day|time))\b/.test(said);
}

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
