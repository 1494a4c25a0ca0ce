import ICAL from 'ical.js';
import { request } from 'undici';
import { childrenOf, parseXml, textAt } from '../../../adapters/destinations/caldav/xml.ts';
import { AppError } from '../../../base/app-error.ts';
import { patiently } from '../patiently.ts';
import type { Entry } from '../target.ts';

/** A human of the harness leaves this behind what they change, and this before the UID of what they enter. */
export const EDIT_MARK = ' (bring the insurance card)';
export const HUMAN_UID = 'human-';

const ANSWER_MS_MAX = 15_000;
const MINUTE_MS = 60_000;

/** An object of a collection, as the server gives it. */
export interface CalendarObject {
  readonly href: string;
  readonly etag: string;
  readonly data: string;
}

/** The calendar server without proxy or adapter in between. */
export interface CalendarEyes {
  /** A plain REPORT over a collection, all of it or one day. */
  report(collection: string, day: string | null): Promise<readonly CalendarObject[]>;
  send(call: {
    readonly method: 'PUT' | 'DELETE';
    readonly href: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  }): Promise<number>;
}

function query(day: string | null): string {
  const next = day === null ? '' : new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  const stamp = (text: string): string => `${text.replaceAll('-', '')}T000000Z`;
  const range = day === null ? '' : `<C:time-range start="${stamp(day)}" end="${stamp(next)}"/>`;
  return `<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">${range}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`;
}

function objectsIn(xml: string): readonly CalendarObject[] {
  return childrenOf(parseXml(xml), 'response').flatMap((response) => {
    const data = textAt(response, 'propstat', 'prop', 'calendar-data');
    if (data === null) return [];
    return [{ href: textAt(response, 'href') ?? '', etag: textAt(response, 'propstat', 'prop', 'getetag') ?? '', data }];
  });
}

export function createCalendarEyes(access: {
  readonly origin: string;
  readonly user: string;
  readonly password: () => string;
}): CalendarEyes {
  const ask = async (method: string, path: string, headers: Readonly<Record<string, string>>, body: string | null): Promise<Answered> => {
    const authorization = `Basic ${Buffer.from(`${access.user}:${access.password()}`).toString('base64')}`;
    const answer = await request(new URL(path, access.origin), {
      // WebDAV's methods are not in undici's list of HTTP methods, which it does not enforce.
      method: method as 'GET',
      headers: { authorization, ...headers },
      body,
      headersTimeout: ANSWER_MS_MAX,
      bodyTimeout: ANSWER_MS_MAX,
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  return {
    report: async (collection, day) => {
      const headers = { depth: '1', 'content-type': 'application/xml; charset=utf-8' };
      const { status, text } = await patiently(() => ask('REPORT', collection, headers, query(day)));
      if (status !== 207) throw new AppError('destination_misbehaved', `the calendar answered a REPORT with ${status}`);
      return objectsIn(text);
    },
    send: async ({ method, href, headers, body }) => {
      const typed = body === undefined ? headers : { 'content-type': 'text/calendar; charset=utf-8', ...headers };
      return (await patiently(() => ask(method, href, typed, body ?? null))).status;
    },
  };
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

const eventIn = (data: string): ICAL.Component | null => new ICAL.Component(ICAL.parse(data) as unknown[]).getFirstSubcomponent('vevent');

/** What an entry says, read without any knowledge of how the product writes it but where a reader finds name and number. */
export function entryOf({ href, data }: CalendarObject): Entry | null {
  const component = eventIn(data);
  if (component === null) return null;
  const event = new ICAL.Event(component);
  const startEpochMs = event.startDate.toJSDate().getTime();
  const summary = String(component.getFirstPropertyValue('summary') ?? '');
  const isEdited = summary.endsWith(EDIT_MARK);
  const title = isEdited ? summary.slice(0, -EDIT_MARK.length) : summary;
  return {
    where: href,
    startEpochMs,
    minutes: Math.round((event.endDate.toJSDate().getTime() - startEpochMs) / MINUTE_MS),
    service: String(component.getFirstPropertyValue('x-vestibule-service') ?? ''),
    name: / - (.+)$/s.exec(title)?.[1] ?? '',
    phone: event.uid.startsWith(HUMAN_UID)
      ? null
      : (/\+\d+/.exec(String(component.getFirstPropertyValue('description') ?? ''))?.[0] ?? null),
    isEdited,
  };
}

/** An entry as a person leaves it who adds a remark to its title. */
export function markEdited(data: string): string {
  const calendar = new ICAL.Component(ICAL.parse(data) as unknown[]);
  const event = calendar.getFirstSubcomponent('vevent');
  event?.updatePropertyWithValue('summary', `${String(event.getFirstPropertyValue('summary') ?? '')}${EDIT_MARK}`);
  return `${calendar.toString()}\r\n`;
}
