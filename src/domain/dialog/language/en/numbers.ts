/** Number words as a recogniser writes them. */
export const UNITS: Readonly<Record<string, number>> = {
  zero: 0,
  oh: 0,
  o: 0,
  one: 1,
  won: 1,
  two: 2,
  to: 2,
  too: 2,
  three: 3,
  four: 4,
  for: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  ate: 8,
  nine: 9,
};
export const TEENS: Readonly<Record<string, number>> = {
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
};
export const TENS: Readonly<Record<string, number>> = {
  twenty: 20,
  thirty: 30,
  forty: 40,
  fourty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};
/** Words that are also prepositions; as numbers only where a number is expected. */
const AMBIGUOUS = new Set(['to', 'too', 'for', 'o', 'oh', 'won', 'ate']);

const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
  thirteenth: 13,
  fourteenth: 14,
  fifteenth: 15,
  sixteenth: 16,
  seventeenth: 17,
  eighteenth: 18,
  nineteenth: 19,
  twentieth: 20,
  thirtieth: 30,
};

export interface NumberAt {
  readonly value: number;
  /** Words used. */
  readonly length: number;
}

/** A number from 0 to 99 at a position; unambiguous words only unless `lenient`. */
export function numberAt(words: readonly string[], index: number, lenient = false): NumberAt | null {
  const word = words[index];
  if (word === undefined) return null;
  if (/^\d{1,2}$/.test(word)) return { value: Number(word), length: 1 };
  const tens = TENS[word];
  if (tens !== undefined) {
    const next = words[index + 1];
    const unit = next === undefined || AMBIGUOUS.has(next) ? undefined : UNITS[next];
    return unit === undefined || unit === 0 ? { value: tens, length: 1 } : { value: tens + unit, length: 2 };
  }
  const teen = TEENS[word];
  if (teen !== undefined) return { value: teen, length: 1 };
  const unit = UNITS[word];
  return unit === undefined || (AMBIGUOUS.has(word) && !lenient) ? null : { value: unit, length: 1 };
}

/** A day of the month as an ordinal: "third", "twenty first", "21st". */
export function ordinalAt(words: readonly string[], index: number): NumberAt | null {
  const word = words[index];
  if (word === undefined) return null;
  const digits = /^(\d{1,2})(?:st|nd|rd|th)$/.exec(word);
  if (digits !== null) return { value: Number(digits[1]), length: 1 };
  const tens = TENS[word];
  const next = words[index + 1];
  if (tens !== undefined && next !== undefined) {
    const unit = ORDINALS[next];
    if (unit !== undefined && unit < 10) return { value: tens + unit, length: 2 };
  }
  const value = ORDINALS[word];
  return value === undefined ? null : { value, length: 1 };
}

const UNIT_NAMES = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const TEN_NAMES = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** 0 to 99 in words. */
export function sayNumber(value: number): string {
  if (value < 20) return UNIT_NAMES[value] ?? '';
  const unit = value % 10;
  return `${TEN_NAMES[Math.floor(value / 10)] ?? ''}${unit === 0 ? '' : ` ${UNIT_NAMES[unit] ?? ''}`}`;
}

const ORDINAL_NAMES: readonly string[] = ['', ...Object.keys(ORDINALS).slice(0, 20)];

/** 1 to 31 as an ordinal in words. */
export function sayOrdinal(value: number): string {
  if (value <= 20) return ORDINAL_NAMES[value] ?? '';
  if (value === 30) return 'thirtieth';
  return `${TEN_NAMES[Math.floor(value / 10)] ?? ''} ${ORDINAL_NAMES[value % 10] ?? ''}`;
}
