import { createHash } from 'node:crypto';
import ICAL from 'ical.js';
import { AppError } from '../../../base/app-error.ts';
import { localTime, toZonedIso } from '../../../domain/hours/local-date.ts';
import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import { canonicalJson, remoteIdOf } from '../../../domain/writeback/op-key.ts';

const KEY = 'x-vestibule-key';
const SERVICE = 'x-vestibule-service';
const SERVICE_NAME = 'x-vestibule-service-name';
const DIGEST = 'x-vestibule-digest';
const PRODUCT = '-//Vestibule//Vestibule 0.1//EN';
const PHONE_LABEL = 'Phone: ';
const MINUTE_MS = 60_000;

/** `20260305T0930Z`: the start of a slot in its address. */
export function stampOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
}

/** `20260305T093000Z` (RFC 5545, section 3.3.5, form 2). */
export function utcTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** What the calendar shows: "Check up - Laura Becker". Service and name only. */
function titleOf(serviceName: string): string {
  const bare = serviceName.replace(/^(?:an?|the) /i, '');
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

/** Everything in an entry that a person can see or change; its hash tells whether one did. */
function visiblePart(event: ICAL.Component): unknown {
  const text = (name: string): string | null => {
    const value = event.getFirstPropertyValue(name);
    return value === null ? null : String(value);
  };
  const names = [
    'dtstart',
    'dtend',
    'duration',
    'summary',
    'description',
    'location',
    'status',
    'transp',
    'rrule',
    'categories',
    'class',
    'priority',
  ];
  const people = event.getAllProperties('attendee').map((property) => String(property.getFirstValue()));
  return { values: names.map(text), people, alarms: event.getAllSubcomponents('valarm').length };
}

const digestOf = (event: ICAL.Component): string =>
  createHash('sha256')
    .update(canonicalJson(visiblePart(event)))
    .digest('hex')
    .slice(0, 32);

/** The iCalendar object of an appointment (RFC 5545). A caller's reason is health data and stays out. */
export function writeRecord(key: string, booking: BookingPayload, nowEpochMs: number): string {
  const calendar = new ICAL.Component('vcalendar');
  calendar.updatePropertyWithValue('version', '2.0');
  calendar.updatePropertyWithValue('prodid', PRODUCT);
  const event = new ICAL.Component('vevent');
  calendar.addSubcomponent(event);
  const start = Date.parse(booking.start);
  const at = (epochMs: number): ICAL.Time => ICAL.Time.fromJSDate(new Date(epochMs), true);
  event.updatePropertyWithValue('uid', remoteIdOf(key));
  event.updatePropertyWithValue('dtstamp', at(nowEpochMs));
  event.updatePropertyWithValue('dtstart', at(start));
  event.updatePropertyWithValue('dtend', at(start + booking.minutes * MINUTE_MS));
  event.updatePropertyWithValue('summary', `${titleOf(booking.serviceName)} - ${booking.name}`);
  event.updatePropertyWithValue('description', `${PHONE_LABEL}${booking.phone}`);
  event.updatePropertyWithValue('class', 'PRIVATE');
  setText(event, KEY, key);
  setText(event, SERVICE, booking.service);
  setText(event, SERVICE_NAME, booking.serviceName);
  // What is hashed is what a reader of these lines sees, not what the writer had in hand.
  setText(event, DIGEST, digestOf(eventOf(calendar.toString())));
  return `${calendar.toString()}\r\n`;
}

/** Extension properties are text (ical.js would write them without escapes). */
function setText(event: ICAL.Component, name: string, value: string): void {
  const property = new ICAL.Property(name);
  property.resetType('text');
  property.setValue(value);
  event.addProperty(property);
}

/** An entry of the calendar that is ours: what it says now, and whether a person changed it. */
export interface OwnRecord {
  readonly uid: string;
  /** The key that it was written under. */
  readonly key: string;
  readonly payload: BookingPayload;
  readonly edited: boolean;
}

/** False for a copy that a person made of one of ours: it has a UID of its own, and is that person's entry. */
export const isOurs = ({ uid, key }: OwnRecord): boolean => uid === remoteIdOf(key);

/** The first event of an iCalendar object. Throws `destination_misbehaved` for what cannot be parsed. */
export function eventOf(data: string): ICAL.Component {
  const event = calendarOf(data).getFirstSubcomponent('vevent');
  if (event === null) throw new AppError('destination_misbehaved', 'an entry of the calendar holds no event');
  return event;
}

export function calendarOf(data: string): ICAL.Component {
  try {
    return new ICAL.Component(ICAL.parse(data) as unknown[]);
  } catch (cause) {
    throw new AppError('destination_misbehaved', 'an entry of the calendar cannot be parsed', { cause });
  }
}

const textOf = (event: ICAL.Component, name: string): string | null => {
  const value = event.getFirstPropertyValue(name);
  return typeof value === 'string' ? value : null;
};

export function uidOf(event: ICAL.Component): string | null {
  return textOf(event, 'uid');
}

/** An extension property; without VALUE=TEXT (a server may drop it) ical.js leaves the escapes of RFC 5545, section 3.3.11, in. */
function extensionText(event: ICAL.Component, name: string): string {
  const property = event.getFirstProperty(name);
  const value = property?.getFirstValue();
  if (typeof value !== 'string') return '';
  if (property?.type === 'text') return value;
  return value.replaceAll(/\\([\\;,nN])/g, (_whole, letter: string) => (letter.toLowerCase() === 'n' ? '\n' : letter));
}

/** Reads an entry as one of ours; null when it is not. Times are given in the practice's zone. */
export function readRecord(event: ICAL.Component, timeZone: string): OwnRecord | null {
  const uid = uidOf(event);
  const start = event.getFirstPropertyValue('dtstart');
  const end = event.getFirstPropertyValue('dtend');
  const key = extensionText(event, KEY);
  if (uid === null || key === '' || !(start instanceof ICAL.Time)) return null;
  const startEpochMs = start.toJSDate().getTime();
  const endEpochMs = end instanceof ICAL.Time ? end.toJSDate().getTime() : startEpochMs;
  const local = localTime(startEpochMs, timeZone);
  const serviceName = extensionText(event, SERVICE_NAME);
  const title = `${titleOf(serviceName)} - `;
  const summary = textOf(event, 'summary') ?? '';
  const description = textOf(event, 'description') ?? '';
  const payload: BookingPayload = {
    kind: 'booking',
    service: extensionText(event, SERVICE),
    serviceName,
    start: toZonedIso(local.day, local.minuteOfDay, timeZone),
    minutes: Math.round((endEpochMs - startEpochMs) / MINUTE_MS),
    name: summary.startsWith(title) ? summary.slice(title.length) : summary,
    phone: description.startsWith(PHONE_LABEL) ? description.slice(PHONE_LABEL.length) : description,
    reason: null,
  };
  return { uid, key, payload, edited: extensionText(event, DIGEST) !== digestOf(event) };
}
