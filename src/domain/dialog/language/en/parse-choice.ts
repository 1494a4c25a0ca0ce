import { parseDay, type DayContext } from './parse-day.ts';
import { parseTime } from './parse-time.ts';
import { hasAnyPhrase, normalise, wordsOf } from './words.ts';

/** "the second one", "the second, please"; not "just a second" and not "the second of March". */
const pointing = (word: string): RegExp =>
  new RegExp(
    `\\bthe ${word}(?: (?:one|slot|time|option|appointment|please|then|would|is|works|sounds)\\b|$)|^${word}(?: one)?(?: please)?$`,
  );
const ORDINALS: readonly (readonly [RegExp, number])[] = [
  [pointing('(?:first|earliest)'), 0],
  [pointing('(?:second|middle)'), 1],
  [pointing('third'), 2],
  [pointing('(?:last|latest)'), -1],
];

const placeIn = (patterns: typeof ORDINALS, said: string): number | null => patterns.find(([pattern]) => pattern.test(said))?.[1] ?? null;

/** Place in a list that was read out: 0 is the first, -1 the last; null when the words point to none. */
export const pointedAt = (text: string): number | null => placeIn(ORDINALS, normalise(text));

/** "the next one", "the later one": of appointments these point, of times on offer they ask for others. */
const IN_ORDER: typeof ORDINALS = [
  [/\bthe (?:earlier|sooner|soonest|next|former)(?: one| appointment|$)/, 0],
  [/\bthe (?:later|latter)(?: one| appointment|$)/, -1],
];

/** Place of an appointment in a list in order of time; null when the words point to none. */
export const pointedAtInOrder = (text: string): number | null => pointedAt(text) ?? placeIn(IN_ORDER, normalise(text));

/** "no, the other one". */
export const saysTheOther = (text: string): boolean => /\bthe other(?: one| appointment|$)/.test(normalise(text));

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** True when a day is named by its weekday: the appointment "on Thursday" may be on any Thursday. */
export const saysWeekday = (text: string): boolean => hasAnyPhrase(normalise(text), WEEKDAYS);

/** Words after "to" that make a wish and not a destination: "I want to move Thursday's appointment". */
const VERBS = new Set([
  'move',
  'change',
  'shift',
  'push',
  'bring',
  'put',
  'switch',
  'swap',
  'postpone',
  'reschedule',
  'have',
  'make',
  'be',
]);
const DESTINATION_WORDS = 3;

/** A wish to move something without where to: of "move the one on Thursday to Friday" the first half. */
export function withoutDestination(text: string, context: DayContext): string {
  const words = wordsOf(text);
  const at = words.findIndex((word, index) => {
    const next = words.slice(index + 1, index + 1 + DESTINATION_WORDS);
    if (word !== 'to' || VERBS.has(next[0] ?? '')) return false;
    return parseDay(next.join(' '), context) !== null || parseTime(next.join(' '), { bare: false }) !== null;
  });
  return at === -1 ? text : words.slice(0, at).join(' ');
}
