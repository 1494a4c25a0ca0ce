import type ICAL from 'ical.js';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { calendarOf } from './calendar-record.ts';

/** Where people write a number down (RFC 5545, section 3.8). */
const TEXTS = ['summary', 'description', 'location', 'contact', 'comment', 'attendee'] as const;
/** Letters of one entry that are looked at. */
const LETTERS_MAX = 4000;
/** What people put between the digits of a number. */
const BETWEEN = String.raw`[\s()/.\-\u2010-\u2013]{0,3}`;

/**
 * Finds a telephone number (E.164) in a text: in the international form, with or without the zero in brackets, or in the national one, in any
 * grouping. Such a number has no form of its own beside dates, times and other numbers, so that only the one that is wanted can be found.
 */
export function phonePattern(phone: string): RegExp {
  const number = parsePhoneNumberFromString(phone);
  if (number === undefined) return new RegExp(String.raw`(?<!\d)${phone.replaceAll(/\D/g, '')}(?!\d)`);
  const { countryCallingCode, nationalNumber } = number;
  const digits = [...nationalNumber].join(BETWEEN);
  const abroad = String.raw`(?:\+|00|011)${BETWEEN}${[...countryCallingCode].join(BETWEEN)}${BETWEEN}(?:\(0\)${BETWEEN})?`;
  // Not what follows the code of another country.
  const begin = String.raw`(?<!\d|\+[\d\s().-]{0,5})`;
  return new RegExp(String.raw`${begin}(?:${abroad}|[01]${BETWEEN})?${digits}(?!\d)`);
}

/** Whether the texts of an entry hold what is looked for. Throws `destination_misbehaved` for what cannot be parsed. */
export function entryHolds(data: string, pattern: RegExp): boolean {
  const texts = calendarOf(data)
    .getAllSubcomponents('vevent')
    .flatMap((event) => TEXTS.flatMap((name) => event.getAllProperties(name)))
    .map((property: ICAL.Property) => String(property.getFirstValue()));
  return pattern.test(texts.join('\n').slice(0, LETTERS_MAX));
}
