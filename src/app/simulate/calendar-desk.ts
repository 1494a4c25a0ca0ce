import { randomUUID } from 'node:crypto';
import ICAL from 'ical.js';
import { request } from 'undici';
import { AppError } from '../../base/app-error.ts';
import type { CalendarEntry } from '../../domain/scenario/scenario.ts';
import { epochOf } from '../../domain/scenario/practice-time.ts';

/** An entry of the calendar as anyone with a calendar program would see it. */
export interface CalendarItem {
  readonly uid: string;
  readonly href: string;
  readonly startEpochMs: number;
  readonly minutes: number;
  /** Everything written in it: summary, description and other texts, without line folding. */
  readonly text: string;
  /** As the product writes them for a reader; null where an entry does not name them. */
  readonly service: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  /** Made by the scenario as a human would, not by the product. */
  readonly isHuman: boolean;
}

/** The practice's calendar, reached directly and not through anything that misbehaves on purpose. */
export interface CalendarDesk {
  list(options: { readonly signal: AbortSignal }): Promise<readonly CalendarItem[]>;
  /** Enters an appointment as a human would. */
  add(entry: CalendarEntry, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Deletes everything. */
  clear(options: { readonly signal: AbortSignal }): Promise<void>;
}

const HUMAN_UID = 'human-';
const ANSWER_MS_MAX = 5000;

const LIST_ALL =
  '<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>';
const LIST_HREFS = '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>';

const unescapeXml = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&#13;/g, '\r')
    .replace(/&amp;/g, '&');
const utcStamp = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

function itemOf(href: string, text: string): CalendarItem | null {
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
  const event = calendar.getFirstSubcomponent('vevent');
  if (event === null || String(event.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED') return null;
  // Times with a TZID need the zone's own rules from the file.
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const { uid, startDate, endDate } = new ICAL.Event(event);
  const startEpochMs = startDate.toJSDate().getTime();
  const words = event.getAllProperties().map((property) => property.getValues().map(String).join(' '));
  const read = (name: string): string => String(event.getFirstPropertyValue(name) ?? '');
  const named = {
    service: read('x-vestibule-service') || null,
    name: / - (.+)$/.exec(read('summary'))?.[1] ?? null,
    phone: /\+\d+/.exec(read('description'))?.[0] ?? null,
  };
  return {
    ...named,
    uid,
    href,
    startEpochMs,
    minutes: Math.round((endDate.toJSDate().getTime() - startEpochMs) / 60_000),
    text: words.join('\n'),
    isHuman: uid.startsWith(HUMAN_UID),
  };
}

function humanEntry(uid: string, entry: CalendarEntry, startEpochMs: number): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Front desk//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTAMP:${utcStamp(startEpochMs)}`,
    `DTSTART:${utcStamp(startEpochMs)}`,
    `DTEND:${utcStamp(startEpochMs + entry.minutes * 60_000)}`,
    `SUMMARY:${entry.text ?? 'Busy'}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

export function createCalendarDesk(access: {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly timeZone: string;
}): CalendarDesk {
  const base = new URL(access.url);
  const authorization = `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`;
  const ask = async (
    method: string,
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> => {
    const answer = await request(new URL(path, base), {
      // WebDAV's methods are not in undici's list of HTTP methods, which it does not enforce.
      method: method as 'GET',
      headers: {
        authorization,
        depth: '1',
        ...(body === null ? {} : { 'content-type': method === 'PUT' ? 'text/calendar; charset=utf-8' : 'application/xml; charset=utf-8' }),
      },
      body,
      headersTimeout: ANSWER_MS_MAX,
      bodyTimeout: ANSWER_MS_MAX,
      signal,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new AppError('destination_misbehaved', `the calendar of the simulation answered ${method} with ${answer.statusCode}`);
    return { status: answer.statusCode, text };
  };
  const responses = (xml: string): readonly { readonly href: string; readonly data: string | null }[] =>
    [...xml.matchAll(/<(?:\w+:)?response>(.*?)<\/(?:\w+:)?response>/gs)].map(([, part = '']) => ({
      href: unescapeXml(/<(?:\w+:)?href>([^<]*)</.exec(part)?.[1] ?? ''),
      data: /<(?:\w+:)?calendar-data[^>]*>(.*?)<\/(?:\w+:)?calendar-data>/s.exec(part)?.[1] ?? null,
    }));
  return {
    list: async ({ signal }) => {
      const { text } = await ask('REPORT', base.pathname, LIST_ALL, signal);
      return responses(text).flatMap(({ href, data }) => (data === null ? [] : (itemOf(href, unescapeXml(data)) ?? [])));
    },
    add: async (entry, { signal }) => {
      const uid = `${HUMAN_UID}${randomUUID()}`;
      await ask('PUT', `${base.pathname}${uid}.ics`, humanEntry(uid, entry, epochOf(entry.start, access.timeZone)), signal);
    },
    clear: async ({ signal }) => {
      const { text } = await ask('PROPFIND', base.pathname, LIST_HREFS, signal);
      for (const { href } of responses(text)) if (href !== base.pathname && href.endsWith('.ics')) await ask('DELETE', href, null, signal);
    },
  };
}
