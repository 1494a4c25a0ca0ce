import type ICAL from 'ical.js';
import { findPhoneNumbersInText, type CountryCode } from 'libphonenumber-js/min';
import { calendarOf } from './calendar-record.ts';

/** Where people write a number down (RFC 5545, section 3.8). */
const TEXTS = ['summary', 'description', 'location', 'contact', 'comment', 'attendee'] as const;
/** Letters of one entry that are looked at. */
const LETTERS_MAX = 4000;

/** A telephone number as E.164, and the country whose numbers are written without a prefix (ISO 3166-1). */
export interface Line {
  readonly phone: string;
  readonly country: string;
}

/** Whether a text holds a telephone number, however people write it. */
export function holdsNumber(text: string, { phone, country }: Line): boolean {
  return findPhoneNumbersInText(text.slice(0, LETTERS_MAX), country as CountryCode).some(({ number }) => number.number === phone);
}

/** Whether the texts of an entry hold a telephone number. Throws `destination_misbehaved` for what cannot be parsed. */
export function entryHolds(data: string, line: Line): boolean {
  const texts = calendarOf(data)
    .getAllSubcomponents('vevent')
    .flatMap((event) => TEXTS.flatMap((name) => event.getAllProperties(name)))
    .map((property: ICAL.Property) => String(property.getFirstValue()));
  return holdsNumber(texts.join('\n'), line);
}
