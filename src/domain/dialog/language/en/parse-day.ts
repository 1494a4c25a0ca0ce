import { addDays, daysBetween, localTime, weekdayOf } from '../../../hours/local-date.ts';
import { numberAt, ordinalAt } from './numbers.ts';
import { isDenied, latestFirst } from './taken-back.ts';
import { hasPhrase, wordsOf } from './words.ts';

/** What dates are relative to. */
export interface DayContext {
  readonly nowEpochMs: number;
  readonly timeZone: string;
}

/** A day as said. `week` means any day of the week that begins on `day`. */
export interface DayReading {
  /** ISO date. */
  readonly day: string;
  readonly precision: 'day' | 'week';
}

const WEEKDAYS: Readonly<Record<string, number>> = {
  monday: 0,
  mondays: 0,
  tuesday: 1,
  tuesdays: 1,
  chewsday: 1,
  wednesday: 2,
  wednesdays: 2,
  thursday: 3,
  thursdays: 3,
  friday: 4,
  fridays: 4,
  saturday: 5,
  saturdays: 5,
  sunday: 6,
  sundays: 6,
};
const MONTHS: readonly string[] = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const WEEK_DAYS = 7;
const THURSDAY = 3;
/** A date of the month that is named with its weekday lies within this many days. */
const NEAR_DAYS = 62;

interface Today {
  readonly today: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** The next date with this day and month, today included. */
function upcoming(today: string, month: number, dayOfMonth: number): string | null {
  const year = Number(today.slice(0, 4));
  for (const candidate of [year, year + 1]) {
    const day = new Date(Date.UTC(candidate, month, dayOfMonth));
    if (day.getUTCMonth() !== month || day.getUTCDate() !== dayOfMonth) continue;
    const iso = day.toISOString().slice(0, 10);
    if (daysBetween(today, iso) >= 0) return iso;
  }
  return null;
}

/** The next date with this day of the month, today included. */
function upcomingOrdinal(today: string, dayOfMonth: number): string | null {
  const year = Number(today.slice(0, 4));
  const month = Number(today.slice(5, 7)) - 1;
  for (let ahead = 0; ahead < 4; ahead += 1) {
    const day = new Date(Date.UTC(year, month + ahead, dayOfMonth));
    if (day.getUTCDate() !== dayOfMonth) continue;
    const iso = day.toISOString().slice(0, 10);
    if (daysBetween(today, iso) >= 0) return iso;
  }
  return null;
}

/** "the third of March", "March third", "March the third", "March 3". */
function monthDay({ words, today }: Today): string | null {
  for (const [index, word] of words.entries()) {
    const month = MONTHS.indexOf(word);
    if (month < 0) continue;
    for (const at of [index + 1, index + 2]) {
      if (at === index + 2 && words[index + 1] !== 'the') continue;
      const said = ordinalAt(words, at) ?? numberAt(words, at);
      const day = said === null || said.value < 1 || said.value > 31 ? null : upcoming(today, month, said.value);
      if (day !== null) return day;
    }
    for (const back of [index - 1, index - 2, index - 3]) {
      const said = back < 0 ? null : (ordinalAt(words, back) ?? (words[back + 1] === 'of' ? numberAt(words, back) : null));
      if (said === null || said.value < 1 || said.value > 31) continue;
      const reaches = back + said.length;
      if (reaches !== index && !(reaches === index - 1 && words[index - 1] === 'of')) continue;
      const whole = back > 0 ? ordinalAt(words, back - 1) : null;
      const value = whole !== null && whole.length === 2 ? whole.value : said.value;
      const day = upcoming(today, month, value);
      if (day !== null) return day;
    }
  }
  return null;
}

/** "in two weeks", "in three days", "a week from Monday", "Monday week". */
function counted({ words, today, text }: Today): DayReading | null {
  const fromMatch = /\b(?:a|one) week (?:from|on|after) (\w+)/.exec(text);
  const anchor = fromMatch?.[1];
  if (anchor !== undefined) {
    const weekday = WEEKDAYS[anchor];
    if (weekday !== undefined) return { day: addDays(nextWeekday(today, weekday, false), WEEK_DAYS), precision: 'day' };
    if (anchor === 'today') return { day: addDays(today, WEEK_DAYS), precision: 'day' };
    if (anchor === 'tomorrow') return { day: addDays(today, WEEK_DAYS + 1), precision: 'day' };
  }
  for (const [index, word] of words.entries()) {
    const isFromNow = / (?:from (?:now|today)|later) /.test(` ${words.slice(index + 1, index + 5).join(' ')} `);
    if (word !== 'in' && !isFromNow) continue;
    const at = word === 'in' ? index + 1 : index;
    const amount = words[at] === 'a' ? { value: 1, length: 1 } : numberAt(words, at, true);
    if (amount === null) continue;
    const unit = words[at + amount.length];
    const named = WEEKDAYS[words[index - 1] ?? ''];
    if (named !== undefined && (unit === 'week' || unit === 'weeks'))
      return { day: addDays(nextWeekday(today, named, false), amount.value * WEEK_DAYS), precision: 'day' };
    if (unit === 'day' || unit === 'days') return { day: addDays(today, amount.value), precision: 'day' };
    if (unit === 'week' || unit === 'weeks') return { day: addDays(today, amount.value * WEEK_DAYS), precision: 'day' };
  }
  return null;
}

/** The next such weekday; today counts only when `withToday`. */
function nextWeekday(today: string, weekday: number, withToday: boolean): string {
  const ahead = (weekday - weekdayOf(today) + WEEK_DAYS) % WEEK_DAYS;
  return addDays(today, ahead === 0 && !withToday ? WEEK_DAYS : ahead);
}

/** "Thursday the twelfth": the next twelfth that is a Thursday, or simply the next twelfth when none is near. */
function weekdayWithOrdinal(words: readonly string[], index: number, today: string): string | null {
  const said = ordinalAt(words, index + 1) ?? (words[index + 1] === 'the' ? ordinalAt(words, index + 2) : null);
  if (said === null || said.value > 31) return null;
  const wanted = WEEKDAYS[words[index] ?? ''];
  for (let ahead = 0; ahead <= NEAR_DAYS; ahead += 1) {
    const day = addDays(today, ahead);
    if (Number(day.slice(8)) === said.value && weekdayOf(day) === wanted) return day;
  }
  return upcomingOrdinal(today, said.value);
}

/**
 * A weekday. Alone and with "this" or "on" it is the next one after today; with "next" it is the one of the following week when
 * this week's is still to come within two days, else simply the next one.
 */
function weekday({ words, today }: Today): string | null {
  for (const [index, word] of words.entries()) {
    const wanted = WEEKDAYS[word];
    if (wanted === undefined || isDenied(words, index)) continue;
    const dated = weekdayWithOrdinal(words, index, today);
    if (dated !== null) return dated;
    const isOfNextWeek = hasPhrase(words.slice(Math.max(0, index - 3), index).join(' '), 'next week');
    const isNext =
      words[index - 1] === 'next' ||
      isOfNextWeek ||
      (words[index + 1] === 'next' && words[index + 2] === 'week') ||
      words[index + 1] === 'week';
    const soon = nextWeekday(today, wanted, words[index - 1] === 'this');
    if (!isNext) return soon;
    const mondayAfter = addDays(today, WEEK_DAYS - weekdayOf(today));
    const inFollowingWeek = addDays(mondayAfter, wanted);
    return words[index - 1] === 'next' && daysBetween(today, soon) > 2 && daysBetween(today, soon) < WEEK_DAYS && weekdayOf(today) > wanted
      ? soon
      : inFollowingWeek;
  }
  return null;
}

const CHOICES = new Set(['one', 'slot', 'time', 'option', 'thing', 'available', 'free', 'appointment', 'visit', 'floor']);

function ordinalOfNextMonth(today: string, dayOfMonth: number): string | null {
  const day = new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)), dayOfMonth));
  return day.getUTCDate() === dayOfMonth ? day.toISOString().slice(0, 10) : null;
}

/** "the fifth", "on the twenty first". */
function bareOrdinal({ words, today }: Today): string | null {
  for (const [index, word] of words.entries()) {
    if (word !== 'the' && word !== 'on') continue;
    const said = ordinalAt(words, index + 1);
    if (said === null || said.value > 31 || isDenied(words, index + 1)) continue;
    const after = words[index + 1 + said.length];
    // "the second one" is a choice, "the first available" a wish.
    if (after !== undefined && CHOICES.has(after)) continue;
    if (after === 'of' && /^of (?:the )?(?:next|following) month/.test(words.slice(index + 1 + said.length).join(' ')))
      return ordinalOfNextMonth(today, said.value);
    return upcomingOrdinal(today, said.value);
  }
  const alone = words.length <= 2 ? ordinalAt(words, 0) : null;
  return alone === null ? null : upcomingOrdinal(today, alone.value);
}

/** The day that a sentence names; null when it names none. What comes last after "no" or "I mean" wins. */
export function parseDay(text: string, context: DayContext): DayReading | null {
  const { day: today } = localTime(context.nowEpochMs, context.timeZone);
  for (const words of latestFirst(wordsOf(text))) {
    const found = readDay({ words, today, text: words.join(' ') });
    if (found !== null) return found;
  }
  return null;
}

function readDay(said: Today): DayReading | null {
  const { today, text } = said;
  const exact = (day: string): DayReading => ({ day, precision: 'day' });
  if (hasPhrase(text, 'day after tomorrow')) return exact(addDays(today, 2));
  const dated = monthDay(said);
  if (dated !== null) return exact(dated);
  const count = counted(said);
  if (count !== null) return count;
  const named = weekday(said);
  if (named !== null) return exact(named);
  if (hasPhrase(text, 'tomorrow')) return exact(addDays(today, 1));
  if (hasPhrase(text, 'today') || hasPhrase(text, 'tonight')) return exact(today);
  const ordinal = bareOrdinal(said);
  if (ordinal !== null) return exact(ordinal);
  const monday = addDays(today, WEEK_DAYS - weekdayOf(today));
  if (hasPhrase(text, 'week after next')) return { day: addDays(monday, WEEK_DAYS), precision: 'week' };
  if (hasPhrase(text, 'end of the week')) return { day: addDays(monday, THURSDAY - WEEK_DAYS), precision: 'week' };
  if (hasPhrase(text, 'next month')) return { day: ordinalOfNextMonth(today, 1) ?? today, precision: 'week' };
  if (hasPhrase(text, 'next week')) return { day: monday, precision: 'week' };
  if (hasPhrase(text, 'this week') || hasPhrase(text, 'as soon as possible') || hasPhrase(text, 'soon'))
    return { day: today, precision: 'week' };
  return null;
}
