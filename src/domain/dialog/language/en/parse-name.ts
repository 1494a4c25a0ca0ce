import { distance, wordsOf } from './words.ts';

/** A caller's name. `spelled` was given letter by letter. */
export interface NameReading {
  readonly name: string;
  readonly spelled: boolean;
}

const NATO: Readonly<Record<string, string>> = {
  alpha: 'a',
  alfa: 'a',
  bravo: 'b',
  charlie: 'c',
  delta: 'd',
  echo: 'e',
  foxtrot: 'f',
  golf: 'g',
  hotel: 'h',
  india: 'i',
  juliet: 'j',
  kilo: 'k',
  lima: 'l',
  mike: 'm',
  november: 'n',
  oscar: 'o',
  papa: 'p',
  quebec: 'q',
  romeo: 'r',
  sierra: 's',
  tango: 't',
  uniform: 'u',
  victor: 'v',
  whiskey: 'w',
  yankee: 'y',
  zulu: 'z',
};
/** Letters as a recogniser may write them out. */
const LETTER_NAMES: Readonly<Record<string, string>> = {
  ay: 'a',
  bee: 'b',
  be: 'b',
  see: 'c',
  sea: 'c',
  dee: 'd',
  ee: 'e',
  eff: 'f',
  gee: 'g',
  aitch: 'h',
  eye: 'i',
  jay: 'j',
  kay: 'k',
  ell: 'l',
  el: 'l',
  em: 'm',
  en: 'n',
  oh: 'o',
  pea: 'p',
  pee: 'p',
  queue: 'q',
  cue: 'q',
  are: 'r',
  ar: 'r',
  ess: 's',
  tea: 't',
  tee: 't',
  you: 'u',
  vee: 'v',
  why: 'y',
  zee: 'z',
  zed: 'z',
  ex: 'x',
};
const SPELLED_LETTERS_MIN = 2;

function letterAt(words: readonly string[], index: number, lenient: boolean): string | null {
  const word = words[index] ?? '';
  if (/^[a-z]$/.test(word)) return word;
  if (lenient && LETTER_NAMES[word] !== undefined) return LETTER_NAMES[word] ?? null;
  return null;
}

/** Letters from dictation: "b e c k e r", "double l", "b as in bravo", "bravo echo". */
function spelledLetters(words: readonly string[]): string {
  const isLetters = words.filter((word) => /^[a-z]$/.test(word) && word !== 'a' && word !== 'i').length >= SPELLED_LETTERS_MIN;
  let letters = '';
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if ((word === 'double' || word === 'triple') && letterAt(words, index + 1, true) !== null) {
      letters += (letterAt(words, index + 1, true) ?? '').repeat(word === 'double' ? 2 : 3);
      index += 1;
      continue;
    }
    const letter = letterAt(words, index, isLetters);
    if (letter !== null && words[index + 1] === 'as' && words[index + 2] === 'in') {
      letters += letter;
      index += 3;
    } else if (
      letter !== null &&
      words[index + 1] === 'for' &&
      words[index + 2] !== undefined &&
      (words[index + 2] ?? '').startsWith(letter)
    ) {
      letters += letter;
      index += 2;
    } else if (letter !== null) letters += letter;
    else if (isLetters && NATO[word] !== undefined) letters += NATO[word];
  }
  if (letters.length < SPELLED_LETTERS_MIN && words.length >= 3 && words.every((word) => NATO[word] !== undefined))
    return words.map((word) => NATO[word] ?? '').join('');
  return letters.length >= SPELLED_LETTERS_MIN ? letters : '';
}

const LEAD_INS = [
  'they call me',
  'call me',
  'that would be',
  'would be',
  'the appointment is for',
  'the appointment',
  "appointment's for",
  'for my daughter',
  'for my son',
  'for my wife',
  'for my husband',
  'for my mother',
  'for my father',
  'my last name is',
  'my surname is',
  'my family name is',
  'my first name is',
  'my last name',
  'should be',
  'i said',
  'my name is',
  'the name is',
  'name is',
  'this is',
  'it is',
  "it's",
  'i am',
  "i'm",
  'my full name is',
  'you can put',
  'put it under',
  'for',
  'under',
  'yes',
  'sure',
  'hello',
  'hi',
  'of course',
  'okay',
  'well',
  'um',
  'uh',
  'that is',
  "that's",
  'mister',
  'misses',
  'missus',
  'miss',
  'doctor',
  'no',
  'sorry',
  'i mean',
  'speaking',
  'please',
  'here',
  'thank you',
  'thanks',
  'last name',
  'surname',
  'first name',
  'spelled',
  'is spelled',
  'spelt',
  'and',
  'is',
];
const NOT_NAMES = new Set([
  'the',
  'a',
  'an',
  'i',
  'you',
  'want',
  'would',
  'like',
  'need',
  'appointment',
  'book',
  'yes',
  'no',
  'not',
  'what',
  'when',
  'where',
  'how',
  'why',
  'do',
  'does',
  'can',
  'could',
  'my',
  'your',
  'it',
  'is',
  'are',
  'to',
  'on',
  'at',
  'in',
  'of',
  'again',
  'repeat',
  'name',
  'number',
  'spell',
  'have',
  'get',
  'said',
  'say',
  'am',
  'me',
  'we',
  'for',
  'with',
]);
const NAME_WORDS_MAX = 3;
const NOT_A_NAME =
  /^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|tomorrow|today|morning|afternoon|evening|noon|half|quarter|past|o'clock|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|fifteen|twenty|booked|confirmed|cancelled|canceled|sure|know|think|sorry|wrong|moment|second|minute|wait|hold|thing|anything|nothing|maybe|later|calling|about|because|correct|that|there|will|this|they)$/;

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
export const titled = (words: readonly string[]): string => words.map(capital).join(' ');

/** A name in a sentence. Words that are no names make it null, so that a question is not taken for one. */
export function parseName(text: string): NameReading | null {
  const words = wordsOf(text);
  const spellingAt = Math.max(
    words.lastIndexOf('spelled'),
    words.lastIndexOf('spelt'),
    words.lastIndexOf('spell') < 0 ? -1 : words.lastIndexOf('spell') + 1,
  );
  const letters = spelledLetters(words.slice(spellingAt + 1));
  if (letters !== '') return { name: capital(letters), spelled: true };
  let rest = ` ${words.join(' ')} `;
  for (const lead of LEAD_INS.toSorted((a, b) => b.length - a.length)) rest = rest.replaceAll(` ${lead} `, ' ');
  const name = rest
    .trim()
    .split(' ')
    .filter((word) => word !== '');
  if (name.length === 0 || name.length > NAME_WORDS_MAX) return null;
  if (name.some((word) => NOT_NAMES.has(word) || /\d/.test(word) || word.length < 2 || NOT_A_NAME.test(word))) return null;
  return { name: titled(name), spelled: false };
}

/** Puts a spelled last name into what was heard before: the heard word that is nearest to it is replaced, else it is appended. */
export function withSpelledName(heard: string | null, spelled: string): string {
  if (heard === null) return spelled;
  const words = heard.split(' ');
  const last = words.at(-1) ?? '';
  if (words.length === 1 && distance(last.toLowerCase(), spelled.toLowerCase()) > Math.max(2, spelled.length / 2))
    return `${heard} ${spelled}`;
  return [...words.slice(0, -1), spelled].join(' ');
}
