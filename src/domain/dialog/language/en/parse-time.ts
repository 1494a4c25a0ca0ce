import { numberAt } from './numbers.ts';
import { isDenied, latestFirst } from './taken-back.ts';
import { hasPhrase, wordsOf } from './words.ts';

/** A time as said: a minute of the day, or a span that the wanted time lies in (both ends inclusive, minutes of the day). */
export type TimeReading =
  | { readonly type: 'at'; readonly minute: number }
  | { readonly type: 'between'; readonly from: number; readonly to: number };

const NOON = 12 * 60;
const HALF_DAY = 12 * 60;
/** Hours up to this one mean the afternoon when nothing else is said: practices do not open at three in the morning. */
const AFTERNOON_HOUR_MAX = 6;

type Half = 'am' | 'pm' | null;

function halfOf(words: readonly string[]): Half {
  const text = words.join(' ');
  if (/\b(p m|pm|in the afternoon|in the evening|this afternoon|this evening|tonight|afternoon|evening)\b/.test(text)) return 'pm';
  if (/\b(a m|am|in the morning|this morning|morning)\b/.test(text)) return 'am';
  return null;
}

function minuteOfDay(hour: number, minute: number, half: Half): number | null {
  if (hour > 23 || minute > 59) return null;
  if (hour === 0 && half === null) return null;
  if (hour > 12) return hour * 60 + minute;
  const base = (hour % 12) * 60 + minute;
  if (half === 'pm') return base + HALF_DAY;
  if (half === 'am') return base;
  return hour <= AFTERNOON_HOUR_MAX || hour === 12 ? base + HALF_DAY : base;
}

/** "half past ten", "quarter to nine", "ten past three", "twenty minutes to four". */
function relative(words: readonly string[]): { readonly hour: number; readonly minute: number } | null {
  for (const [index, word] of words.entries()) {
    if (word !== 'past' && word !== 'to' && word !== 'after' && word !== 'two') continue;
    const hour = numberAt(words, index + 1, true);
    if (hour === null || hour.value < 1 || hour.value > 12) continue;
    const before = words[index - 1] === 'minutes' ? index - 2 : index - 1;
    const named = words[before];
    const amount = named === 'half' ? 30 : named === 'quarter' ? 15 : named === undefined ? null : spokenMinutes(words, before);
    if (amount === null) continue;
    if (word === 'past' || word === 'after') return { hour: hour.value, minute: amount };
    if (word === 'two' && named !== 'quarter') continue;
    return { hour: hour.value === 1 ? 12 : hour.value - 1, minute: 60 - amount };
  }
  const half = /\bhalf (\w+)/.exec(words.join(' '));
  const british = half === null ? null : numberAt([half[1] ?? ''], 0);
  return british !== null && british.value >= 1 && british.value <= 12 ? { hour: british.value, minute: 30 } : null;
}

function spokenMinutes(words: readonly string[], last: number): number | null {
  const two = last > 0 ? numberAt(words, last - 1) : null;
  if (two !== null && two.length === 2 && two.value % 5 === 0) return two.value;
  const one = numberAt(words, last);
  return one !== null && one.value > 0 && one.value < 60 && one.value % 5 === 0 ? one.value : null;
}

const MINUTE_WORDS_BEFORE = new Set(['day', 'days', 'week', 'weeks', 'month', 'months']);
const ORDINAL_AFTER = /^(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|th|st|nd|rd)$/;

const COURTESY = new Set([
  'suit',
  'suits',
  'me',
  'could',
  'it',
  'go',
  'with',
  'let',
  "let's",
  'i',
  'for',
  'wanted',
  'said',
  'sounds',
  'one',
  'please',
  'um',
  'uh',
  'yes',
  'no',
  'okay',
  'then',
  'maybe',
  'thanks',
  'thank',
  'you',
  'would',
  'be',
  'is',
  'works',
  'good',
  'great',
  'fine',
  'better',
]);
const HOUR_MARKS = new Set(["o'clock", 'oclock', 'o', 'oh', 'p', 'pm', 'a', 'am', 'in']);

/** "one" is an hour after "at", before "o'clock" or a minute, or nearly alone; "the ten thirty one" and "one moment" have none. */
function isHourOne(words: readonly string[], index: number): boolean {
  const next = words[index + 1] ?? '';
  if (['at', 'around', 'about', 'past', 'to', 'by', 'after', 'before', 'between'].includes(words[index - 1] ?? '')) return true;
  if (['the', 'that', 'this', 'which'].includes(words[index - 1] ?? '')) return false;
  return HOUR_MARKS.has(next) || numberAt(words, index + 1) !== null || words.every((word) => COURTESY.has(word));
}

/** "ten thirty", "ten o'clock", "three p m", "at four", "nine oh five". Later mentions win. */
function clock(words: readonly string[], bare: boolean): { readonly hour: number; readonly minute: number } | null {
  let found: { readonly hour: number; readonly minute: number } | null = null;
  for (let index = 0; index < words.length; index += 1) {
    const next = words[index + 1];
    const previous = words[index - 1] ?? '';
    // "at to thirty" is how "at two thirty" may be written; without a minute behind it, "to" stays a preposition.
    const hour = numberAt(words, index, previous === 'at' && numberAt(words, index + 1) !== null);
    if (hour === null || hour.value < 1 || hour.value > 23 || hour.length > 1 || isDenied(words, index)) continue;
    if (words[index] === 'one' && !isHourOne(words, index)) continue;
    if (next !== undefined && (MINUTE_WORDS_BEFORE.has(next) || ORDINAL_AFTER.test(next))) continue;
    // "the second one" names no hour.
    if (previous === 'last' || previous === 'this' || previous === 'that') continue;
    if (next === 'oh' || next === 'o' || next === 'zero') {
      if (words[index + 2] === 'clock') found = { hour: hour.value, minute: 0 };
      else {
        const unit = numberAt(words, index + 2, true);
        if (unit !== null && unit.value < 10) found = { hour: hour.value, minute: unit.value };
      }
      index += 2;
      continue;
    }
    // "the ten thirty one": the last word points, it does not count.
    const isPointed = previous === 'the' && words[index + 2] === 'one';
    const minute = isPointed ? numberAt(words.slice(0, index + 2), index + 1) : numberAt(words, index + 1);
    if (minute !== null && minute.value >= 10 && minute.value < 60 && minute.value % 5 === 0) {
      found = { hour: hour.value, minute: minute.value };
      index += minute.length;
      continue;
    }
    const isMarked =
      next === 'on' ||
      ORDINAL_AFTER.test(previous) ||
      next === "o'clock" ||
      next === 'oclock' ||
      next === 'clock' ||
      next === 'a' ||
      next === 'p' ||
      next === 'am' ||
      next === 'pm' ||
      next === 'in' ||
      ['at', 'around', 'about', 'say', 'by', 'make', 'past', 'than', 'tomorrow', 'today'].includes(previous) ||
      /^(?:mon|tues|wednes|thurs|fri|satur|sun)day$/.test(previous);
    if (isMarked || bare) found = { hour: hour.value, minute: 0 };
  }
  return found;
}

const SPANS: readonly (readonly [RegExp, number, number])[] = [
  [/\bearly (?:in the )?morning\b|\bfirst thing\b|\bas early as possible\b/, 0, 9 * 60],
  [/\blate (?:in the )?morning\b/, 10 * 60 + 30, NOON],
  [/\bearly (?:in the )?afternoon\b/, NOON, 15 * 60],
  [/\blate (?:in the )?afternoon\b|\bend of the day\b/, 16 * 60, 20 * 60],
  [/\bafter lunch\b/, 13 * 60, 16 * 60],
  [/\bbefore lunch\b/, 10 * 60, NOON],
  [/\bmorning\b/, 0, NOON],
  // "After noon" sounds the same, and means the same.
  [/\bafter ?noon\b/, NOON, 18 * 60],
  [/\bevening\b|\bafter work\b/, 16 * 60, 22 * 60],
];
const DAY_END = 24 * 60;
const ANY_TIME = /\b(?:any ?time|whenever|no preference|doesn't matter|don't mind)\b/;

function bounded(words: readonly string[], half: Half): TimeReading | null {
  const between = words.indexOf('between');
  const and = words.indexOf('and', between);
  if (between >= 0 && and > between) {
    const [first, second] = [words.slice(between + 1, and), words.slice(and + 1)].map((part) => relative(part) ?? clock(part, true));
    const from = first === undefined || first === null ? null : minuteOfDay(first.hour, first.minute, half);
    const to = second === undefined || second === null ? null : minuteOfDay(second.hour, second.minute, half);
    if (from !== null && to !== null && from < to) return { type: 'between', from, to };
  }
  for (const [index, word] of words.entries()) {
    if (word !== 'after' && word !== 'before' && word !== 'from') continue;
    const rest = words.slice(index + 1);
    if (word === 'after' && (words[index - 1] === 'quarter' || words[index - 1] === 'half')) continue;
    const said = relative(rest) ?? clock(rest, true);
    const minute = said === null ? (rest[0] === 'noon' && word !== 'after' ? NOON : null) : minuteOfDay(said.hour, said.minute, half);
    if (minute === null) continue;
    return word === 'before' ? { type: 'between', from: 0, to: minute - 1 } : { type: 'between', from: minute, to: DAY_END };
  }
  return null;
}

function readTime(words: readonly string[], bare: boolean): TimeReading | null {
  if (words.length === 0) return null;
  const text = words.join(' ');
  const half = halfOf(words);
  const limits = bounded(words, half);
  if (limits !== null) return limits;
  const said = relative(words) ?? clock(words, bare);
  const minute = said === null ? null : minuteOfDay(said.hour, said.minute, half);
  if (minute !== null) return { type: 'at', minute };
  if (ANY_TIME.test(text)) return { type: 'between', from: 0, to: DAY_END };
  for (const [pattern, from, to] of SPANS) if (pattern.test(text)) return { type: 'between', from, to };
  if (hasPhrase(text, 'noon') || hasPhrase(text, 'midday')) return { type: 'at', minute: NOON };
  return null;
}

/** The time that a sentence names. `bare` accepts a lone number as an hour: for an answer to "at what time?". */
export function parseTime(text: string, options: { readonly bare: boolean }): TimeReading | null {
  for (const words of latestFirst(wordsOf(text))) {
    const found = readTime(words, options.bare);
    if (found !== null) return found;
  }
  return null;
}
