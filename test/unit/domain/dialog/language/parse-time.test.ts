import { describe, expect, test } from 'vitest';
import { parseTime } from '../../../../../src/domain/dialog/language/en/parse-time.ts';
import { sayTime } from '../../../../../src/domain/dialog/language/en/say.ts';

const minute = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

const ANSWERS: readonly (readonly [string, string])[] = [
  ['ten thirty', '10:30'],
  ['Ten thirty, please.', '10:30'],
  ['10:30', '10:30'],
  ['at ten', '10:00'],
  ['ten', '10:00'],
  ["ten o'clock", '10:00'],
  ['ten o clock', '10:00'],
  ['half past ten', '10:30'],
  ['half ten', '10:30'],
  ['quarter past nine', '09:15'],
  ['a quarter past nine', '09:15'],
  ['quarter to nine', '08:45'],
  ['a quarter two nine', '08:45'],
  ['ten past three', '15:10'],
  ['twenty to four', '15:40'],
  ['twenty five past two', '14:25'],
  ['twenty five to eleven', '10:35'],
  ['three', '15:00'],
  ['at three', '15:00'],
  ['three p m', '15:00'],
  ['three pm', '15:00'],
  ["three o'clock in the afternoon", '15:00'],
  ['eight in the morning', '08:00'],
  ['eight a m', '08:00'],
  ['nine oh five', '09:05'],
  ['nine forty five', '09:45'],
  ['ten fifteen', '10:15'],
  ['two thirty', '14:30'],
  ['at to thirty', '14:30'],
  ['four thirty please', '16:30'],
  ['at for thirty', '16:30'],
  ['fourteen thirty', '14:30'],
  ['fifteen hundred hours', '15:00'],
  ['around four', '16:00'],
  ['about half past four', '16:30'],
  ['noon', '12:00'],
  ['at midday', '12:00'],
  ['no half past two', '14:30'],
  ['no ten thirty not nine thirty', '10:30'],
  ["yes but at eleven o'clock", '11:00'],
  ['the ten thirty one', '10:30'],
  ['the one at ten', '10:00'],
  ["let's say eleven", '11:00'],
  ["i'll take eleven thirty", '11:30'],
  ['could it be nine', '09:00'],
  ['ten thirty would be great', '10:30'],
  ['one', '13:00'],
  ['could it be one', '13:00'],
  ["one o'clock", '13:00'],
];

const IN_SENTENCES: readonly (readonly [string, string])[] = [
  ["i'd like to book a check up on thursday at ten thirty", '10:30'],
  ['thursday at ten', '10:00'],
  ['on the fifth at half past ten', '10:30'],
  ['the third of march at nine', '09:00'],
  ['tomorrow at three', '15:00'],
  ['next thursday ten thirty', '10:30'],
  ['nine on monday', '09:00'],
  ['check up thursday ten', '10:00'],
  ["october twenty sixth nine o'clock", '09:00'],
  ['thursday the fifth at two thirty', '14:30'],
];

const NO_TIMES = [
  'thursday',
  'the second one',
  'one moment please',
  'two of us would like to come',
  'yes please',
  'in two weeks',
  'the day after tomorrow',
  'the third of march',
  'i am not sure sorry',
  'that one',
  'just a second',
];

const SPANS: readonly (readonly [string, string, string])[] = [
  ['in the morning', '09:00', '14:30'],
  ['tomorrow morning', '09:00', '14:30'],
  ['in the afternoon', '14:30', '09:00'],
  ['after lunch', '14:00', '11:30'],
  ['before lunch', '11:30', '14:00'],
  ['late afternoon', '16:30', '14:00'],
  ['early morning', '08:00', '11:30'],
  ['first thing in the morning', '08:00', '14:00'],
  ['any time after three', '15:30', '14:30'],
  ["after three o'clock", '15:00', '14:00'],
  ['before ten', '09:30', '10:30'],
  ['before noon', '11:30', '14:00'],
  ['from four on', '16:30', '15:00'],
  ['between two and four', '14:30', '16:30'],
  ['after half past three', '16:00', '15:00'],
  ['at the end of the day', '17:30', '10:00'],
];

describe('a time as callers say it', () => {
  test.each(ANSWERS)('"%s" answers the question for a time with %s', (text, at) => {
    expect(parseTime(text, { bare: true })).toEqual({ type: 'at', minute: minute(at) });
  });

  test.each(IN_SENTENCES)('"%s" names %s', (text, at) => {
    expect(parseTime(text, { bare: false })).toEqual({ type: 'at', minute: minute(at) });
  });

  test.each(NO_TIMES)('"%s" names no time', (text) => {
    expect(parseTime(text, { bare: false })).toBeNull();
  });

  test.each(NO_TIMES.filter((text) => !text.startsWith('two of us')))('"%s" names no time even when one was asked for', (text) => {
    expect(parseTime(text, { bare: true })).toBeNull();
  });

  test.each(SPANS)('"%s" contains %s and not %s', (text, inside, outside) => {
    const span = parseTime(text, { bare: true });
    const contains = (at: number): boolean => span?.type === 'between' && span.from <= at && at <= span.to;
    expect(contains(minute(inside)), inside).toBe(true);
    expect(contains(minute(outside)), outside).toBe(false);
  });

  test('every time of the working day, in steps of five minutes, is understood as it is spoken', () => {
    const steps = Array.from({ length: 12 * 12 }, (_value, index) => 7 * 60 + index * 5).filter((at) => at < 19 * 60);
    for (const at of steps) expect(parseTime(`at ${sayTime(at)}`, { bare: true }), sayTime(at)).toEqual({ type: 'at', minute: at });
  });
});
