import { TEENS, TENS, UNITS } from './numbers.ts';
import { wordsOf } from './words.ts';

/** A telephone number as dictated. `complete` tells that it has as many digits as numbers usually have. */
export interface PhoneReading {
  /** E.164, or null when the digits cannot be one (too few, too many). */
  readonly e164: string | null;
  /** Every digit that was said, with a leading + when said. */
  readonly digits: string;
  readonly complete: boolean;
}

const COUNTRY_CODES: Readonly<Record<string, string>> = { DE: '49', AT: '43', CH: '41', GB: '44', US: '1', FR: '33', NL: '31' };
/** National digits without the trunk prefix. */
const NATIONAL_DIGITS_MIN = 6;
const NATIONAL_DIGITS_MAX = 12;
/** From this many digits on a number is taken to be complete when the caller pauses. */
const COMPLETE_DIGITS_MIN = 9;
const REPEATS: Readonly<Record<string, number>> = { double: 2, triple: 3, treble: 3 };

/** The digits of one word, or of two ("twenty three" is 23); null for any other word. */
function digitsAt(words: readonly string[], index: number): { readonly digits: string; readonly length: number } | null {
  const word = words[index] ?? '';
  if (/^\+?\d+$/.test(word)) return { digits: word, length: 1 };
  const tens = TENS[word];
  if (tens !== undefined) {
    const unit = UNITS[words[index + 1] ?? ''];
    return unit === undefined || unit === 0 ? { digits: String(tens), length: 1 } : { digits: String(tens + unit), length: 2 };
  }
  const value = UNITS[word] ?? TEENS[word];
  return value === undefined ? null : { digits: String(value), length: 1 };
}

/** Words that are prepositions count as digits only between digits ("five to three" in dictation is 5 2 3). */
const PREPOSITIONS = new Set(['to', 'too', 'for', 'o', 'won', 'ate']);

function spokenDigits(words: readonly string[]): string {
  let digits = '';
  let repeat = 1;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const times = REPEATS[word];
    if (times !== undefined) repeat = times;
    else if (word === 'plus' && digits === '') digits = '+';
    else {
      const said = digitsAt(words, index);
      const isStray = PREPOSITIONS.has(word) && digits === '' && digitsAt(words, index + 1) === null;
      if (said === null || isStray) continue;
      digits += said.digits.repeat(repeat);
      repeat = 1;
      index += said.length - 1;
    }
  }
  return digits;
}

function toE164(digits: string, country: string): string | null {
  const code = COUNTRY_CODES[country] ?? '';
  const bare = digits.replace('+', '');
  const international = digits.startsWith('+') ? bare : bare.startsWith('00') ? bare.slice(2) : null;
  if (international !== null) {
    const isOwn = code !== '' && international.startsWith(code);
    // "+49 (0) 30 …" is often dictated with the zero.
    const full = isOwn && international.startsWith(`${code}0`) ? code + international.slice(code.length + 1) : international;
    return full.length >= NATIONAL_DIGITS_MIN + 2 && full.length <= 15 ? `+${full}` : null;
  }
  const national = bare.startsWith('0')
    ? bare.slice(1)
    : code !== '' && bare.startsWith(code) && bare.length > NATIONAL_DIGITS_MAX - 2
      ? bare.slice(code.length)
      : bare;
  return national.length >= NATIONAL_DIGITS_MIN && national.length <= NATIONAL_DIGITS_MAX ? `+${code}${national}` : null;
}

/** The number that a sentence dictates; null when it has fewer than three digits. After "no" or "sorry" dictation begins anew. */
export function parsePhone(text: string, country: string): PhoneReading | null {
  const all = wordsOf(text);
  const restart = Math.max(all.lastIndexOf('no'), all.lastIndexOf('sorry'), all.lastIndexOf('mean'));
  const tail = restart < 0 ? '' : spokenDigits(all.slice(restart + 1));
  const digits = tail.length >= 3 ? tail : spokenDigits(all);
  return readDigits(digits, country);
}

/** "use this number", "the one I'm calling from". */
export function saysCallerNumber(text: string): boolean {
  return /\b(?:(?:use|take) (?:this|that|the same|it)|(?:this|the same) number|(?:number|one|phone) (?:that )?(?:i'm|i am|i) call(?:ing)?(?: you)? from)\b/.test(
    wordsOf(text).join(' '),
  );
}

/** A number from digits, spoken or pressed. */
export function readDigits(digits: string, country: string): PhoneReading | null {
  const count = digits.replace('+', '').length;
  if (count < 3) return null;
  const e164 = toE164(digits, country);
  return { e164, digits, complete: e164 !== null && count >= COMPLETE_DIGITS_MIN };
}
