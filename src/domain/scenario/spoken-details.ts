import { hasWords, plainText } from './matching.ts';
import { epochOf, isoWithOffset } from './practice-time.ts';
import type { BookingExpectation, Correctable } from './scenario.ts';

const ONES = [
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
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty'];
const ORDINALS = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
  'eleventh',
  'twelfth',
  'thirteenth',
  'fourteenth',
  'fifteenth',
  'sixteenth',
  'seventeenth',
  'eighteenth',
  'nineteenth',
  'twentieth',
  'twenty first',
  'twenty second',
  'twenty third',
  'twenty fourth',
  'twenty fifth',
  'twenty sixth',
  'twenty seventh',
  'twenty eighth',
  'twenty ninth',
  'thirtieth',
  'thirty first',
];
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];

/** A number below sixty in words. */
function inWords(value: number): string {
  if (value < 20) return ONES[value] ?? '';
  const ones = value % 10;
  return ones === 0 ? (TENS[Math.floor(value / 10)] ?? '') : `${TENS[Math.floor(value / 10)]} ${ONES[ones]}`;
}

/** Ways to say a time of day in English, as compared text. */
export function spokenTimes(hour: number, minute: number): readonly string[] {
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  const next = twelve === 12 ? 1 : twelve + 1;
  const digits = `${hour} ${String(minute).padStart(2, '0')}`;
  const said = inWords(twelve);
  if (minute === 0)
    return [
      `${said} o'clock`,
      `${said} am`,
      `${said} pm`,
      `${said} a m`,
      `${said} p m`,
      `${said} in the`,
      `at ${said}`,
      digits,
      ...(hour === 12 ? ['noon'] : []),
    ];
  const exact = [`${said} ${inWords(minute)}`, `${said} oh ${inWords(minute)}`, digits];
  if (minute === 15) return [...exact, `quarter past ${said}`];
  if (minute === 30) return [...exact, `half past ${said}`];
  return minute === 45 ? [...exact, `quarter to ${inWords(next)}`] : exact;
}

const ANY_HOUR = ONES.slice(1, 13).join('|');
const SOME_TIME = new RegExp(
  `\\b(?:(?:${ANY_HOUR}) (?:o'clock|oh|ten|fifteen|twenty|thirty|forty|fifty|am|pm|a m|p m|in the (?:morning|afternoon|evening))|(?:half|quarter) (?:past|to)|\\d{1,2} \\d{2}|noon)\\b`,
);

/** Practice-local parts of a start: ISO text, with or without offset. */
export interface LocalStart {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

export function localParts(start: string, timeZone: string): LocalStart {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = (isoWithOffset(epochOf(start, timeZone), timeZone).match(/\d+/g) ?? []).map(
    Number,
  );
  return { year, month, day, hour, minute };
}

export const isSameStart = (a: string, b: string, timeZone: string): boolean => epochOf(a, timeZone) === epochOf(b, timeZone);

type Verdict = 'named' | 'contradicted' | 'absent';

function verdictOf(text: string, wanted: readonly string[], isOfKind: (plain: string) => boolean): Verdict {
  if (wanted.some((words) => hasWords(text, words))) return 'named';
  return isOfKind(plainText(text)) ? 'contradicted' : 'absent';
}

/** Whether a sentence names this day, another one, or none. A weekday or a date of the month is enough. */
export function dayVerdict(text: string, start: LocalStart): Verdict {
  const weekday = WEEKDAYS[new Date(Date.UTC(start.year, start.month - 1, start.day)).getUTCDay()] ?? '';
  const month = MONTHS[start.month - 1] ?? '';
  const ordinal = ORDINALS[start.day - 1] ?? '';
  const plain = plainText(text);
  const dates = [
    ...plain.matchAll(
      new RegExp(
        `\\b(?:the )?(${ORDINALS.toReversed().join('|')}|\\d{1,2}(?:st|nd|rd|th)?) (?:of )?(${MONTHS.join('|')})\\b|\\b(${MONTHS.join('|')}) (?:the )?(${ORDINALS.toReversed().join('|')}|\\d{1,2}(?:st|nd|rd|th)?)\\b`,
        'g',
      ),
    ),
  ];
  const isThisDate = ([, firstDay, firstMonth, secondMonth, secondDay]: readonly (string | undefined)[]): boolean => {
    const saidDay = firstDay ?? secondDay ?? '';
    return (firstMonth ?? secondMonth) === month && (saidDay === ordinal || Number.parseInt(saidDay, 10) === start.day);
  };
  if (dates.length > 0) return dates.some((date) => isThisDate([...date])) ? 'named' : 'contradicted';
  return verdictOf(text, [weekday], (other) => WEEKDAYS.some((name) => hasWords(other, name)));
}

export function timeVerdict(text: string, start: LocalStart): Verdict {
  return verdictOf(text, spokenTimes(start.hour, start.minute), (plain) => SOME_TIME.test(plain));
}

const digitsOf = (text: string): string =>
  plainText(text)
    .split(' ')
    .map((word) =>
      word === 'oh'
        ? '0'
        : /^\d+$/.test(word)
          ? word
          : ONES.indexOf(word) >= 0 && ONES.indexOf(word) < 10
            ? String(ONES.indexOf(word))
            : ' ',
    )
    .join('');

/** National digits, as a caller would say them, and with the country code. */
function phoneVerdict(text: string, phone: string): Verdict {
  const digits = phone.replace(/\D/g, '');
  // Any country code has one to three digits; nine digits at the end tell numbers apart.
  const tail = digits.slice(-9);
  const said = digitsOf(text);
  if (said.replaceAll(' ', '').includes(tail)) return 'named';
  return /\d{5,}/.test(said) ? 'contradicted' : 'absent';
}

/** A sentence that reads a whole request back: it names a day and a time. */
export function isReadBack(text: string): boolean {
  const plain = plainText(text);
  return SOME_TIME.test(plain) && (WEEKDAYS.some((name) => hasWords(plain, name)) || MONTHS.some((name) => hasWords(plain, name)));
}

/** The parts of the expected booking that a read-back names differently. Names and services that are left out do not count. */
export function contradictions(
  text: string,
  booking: BookingExpectation,
  options: { readonly timeZone: string; readonly serviceName: string | null },
): readonly Correctable[] {
  if (!isReadBack(text)) return [];
  const wrong: Correctable[] = [];
  if (booking.start !== undefined) {
    const start = localParts(booking.start, options.timeZone);
    if (dayVerdict(text, start) === 'contradicted') wrong.push('day');
    if (timeVerdict(text, start) === 'contradicted') wrong.push('time');
  }
  if (
    booking.service !== undefined &&
    !hasWords(text, booking.service) &&
    (options.serviceName === null || !hasWords(text, options.serviceName))
  )
    wrong.push('service');
  if (booking.name !== undefined && /\b(?:for|name|under)\b/.test(plainText(text)) && !hasWords(text, booking.name)) wrong.push('name');
  if (booking.phone !== undefined && phoneVerdict(text, booking.phone) === 'contradicted') wrong.push('phone');
  return wrong;
}

/** Whether a commitment's words fit a start: neither its day nor its time is another one. */
export function bearsOutStart(text: string, start: string, timeZone: string): boolean {
  const parts = localParts(start, timeZone);
  return dayVerdict(text, parts) !== 'contradicted' && timeVerdict(text, parts) !== 'contradicted';
}
