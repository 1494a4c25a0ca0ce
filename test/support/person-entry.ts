import { readFileSync } from 'node:fs';
import { request } from 'undici';
import type { TestCalendar } from './servers.ts';

/** The zone of Berlin, as calendar programs write it along (RFC 5545, section 3.6.5). */
export const BERLIN = [
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Berlin',
  'BEGIN:DAYLIGHT',
  'DTSTART:19700329T020000',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'END:DAYLIGHT',
  'BEGIN:STANDARD',
  'DTSTART:19701025T030000',
  'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/** An entry as some program of a person writes it; a zone may come without its definition. */
export const personEntry = (uid: string, lines: readonly string[], zone: readonly string[] = []): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Human//EN',
    ...zone,
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    ...lines,
    'SUMMARY:Staff',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');

let lastUid = 0;

/** Puts such an entry into a calendar, under an address of its own. */
export async function enterByHand(calendar: TestCalendar, lines: readonly string[], zone: readonly string[] = []): Promise<void> {
  const uid = `human-${(lastUid += 1)}`;
  const body = personEntry(uid, lines, zone);
  const password = readFileSync(calendar.passwordFile, 'utf8').trim();
  const authorization = `Basic ${Buffer.from(`${calendar.user}:${password}`).toString('base64')}`;
  const answer = await request(`${calendar.url}${uid}.ics`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'text/calendar' },
    body,
  });
  if (answer.statusCode !== 201) throw new Error(`the calendar answered ${answer.statusCode}`);
}
