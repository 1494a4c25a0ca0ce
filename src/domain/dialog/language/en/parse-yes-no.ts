import { wordsOf } from './words.ts';

/** Yes, no, or neither; `rest` is what was said beside it: "no, Thursday" leaves "thursday". */
export interface YesNoReading {
  readonly answer: 'yes' | 'no';
  readonly rest: string;
}

const YES_PHRASES = [
  'yes',
  'yeah',
  'yep',
  'yup',
  'correct',
  'right',
  'exactly',
  'sure',
  'okay',
  'ok',
  'fine',
  'perfect',
  'absolutely',
  'definitely',
  'of course',
  'go ahead',
  'please do',
  'sounds good',
  'that works',
  'works for me',
  'it works',
  'that one works',
  'great',
  'alright',
  'all right',
  'certainly',
  'good',
  'yes please',
  'that is fine',
  "that's fine",
  'that is right',
  "that's right",
  'that is correct',
  "that's correct",
  'you can',
  'indeed',
  'mhm',
  'uh huh',
  'aha',
  'i agree',
  'i do',
  'you may',
  'it is',
  "that's it",
  'that is it',
  'you can',
  'brilliant',
  'spot on',
  'very good',
  'wonderful',
  'lovely',
  'do it',
  'book it',
];
const NO_PHRASES = [
  'no',
  'nope',
  "i'm afraid not",
  'not at all',
  'not today',
  'not yet',
  'not this time',
  'not that one',
  'not it',
  "won't",
  "doesn't",
  'know thank you',
  'nah',
  'wrong',
  'incorrect',
  'not really',
  'not correct',
  'not right',
  'no thanks',
  'no thank you',
  "don't",
  'do not',
  'not quite',
  'never mind',
  "isn't",
  'is not',
  'neither',
  'none',
  "doesn't work",
  'does not work',
  "that's wrong",
  "can't",
  'cannot',
  'rather not',
  "i don't think so",
  'i do not think so',
];
/** Politeness around an answer; not part of what was said beside it. */
const POLITE = new Set([
  'please',
  'thank',
  'thanks',
  'you',
  'very',
  'much',
  'that',
  'is',
  "that's",
  'it',
  "it's",
  'this',
  'i',
  'think',
  'so',
  'um',
  'uh',
  'er',
  'well',
  'oh',
  'and',
  'but',
  'for',
  'me',
  'works',
  'would',
  'be',
  'all',
  'just',
  'a',
  'the',
  'do',
  'quite',
]);

function strip(text: string, phrases: readonly string[]): string {
  let rest = ` ${text} `;
  for (const phrase of [...phrases].sort((a, b) => b.length - a.length)) rest = rest.replaceAll(` ${phrase} `, ' ');
  return rest
    .trim()
    .split(' ')
    .filter((word) => word !== '' && !POLITE.has(word))
    .join(' ');
}

const findFirst = (text: string, phrases: readonly string[]): number =>
  Math.min(...phrases.map((phrase) => (` ${text} `.includes(` ${phrase} `) ? ` ${text} `.indexOf(` ${phrase} `) : Infinity)));

/** Doubt is no answer, though a "sure" or a "don't" stands in it. */
const DOUBT =
  /\b(?:not (?:so |quite |really |very )?sure|unsure|(?:don't|do not|didn't|did not) (?:really )?(?:know|understand|remember|hear|get that|catch)|no idea|hard to say)\b/;

/** The answer to a yes/no question; null when the words are neither. A "no" beats a "yes" ("no, that's not right"). */
export function parseYesNo(text: string): YesNoReading | null {
  const said = wordsOf(text).join(' ');
  if (said === '' || DOUBT.test(said)) return null;
  const no = findFirst(said, NO_PHRASES);
  const yes = findFirst(said, YES_PHRASES);
  if (no === Infinity && yes === Infinity) return null;
  // "yes, no problem", "no no that's fine": the first word decides, unless a plain negation negates the yes.
  if (/\bno (?:problem|worries)\b/.test(said)) return { answer: 'yes', rest: strip(said, [...YES_PHRASES, 'no problem', 'no worries']) };
  const negated = /\b(?:not|isn't|doesn't) (?:\w+ )?(?:right|correct|okay|ok|good|fine|work)\b/.test(said);
  if (yes < no && !negated) return { answer: 'yes', rest: strip(said, YES_PHRASES) };
  return { answer: 'no', rest: strip(said, [...NO_PHRASES, ...YES_PHRASES]) };
}
