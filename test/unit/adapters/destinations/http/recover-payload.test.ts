import { expect, test } from 'vitest';
import { fromHtml, toHtml } from '../../../../../src/adapters/destinations/http/html-text.ts';
import { differingFields, renderFields, type RecordMapping } from '../../../../../src/adapters/destinations/http/mapping.ts';
import { currentPayload } from '../../../../../src/adapters/destinations/http/recover-payload.ts';
import { sampleBooking } from '../../../../support/writeback-samples.ts';

const KEY = 'v1.demo.call-1.1.booking';
const meeting: RecordMapping = {
  target: 'meetings',
  keyField: 'key',
  fields: {
    key: '{remoteKey}',
    phone: '{phone}',
    title: '{serviceName} - {name}',
    from: '{startUtc}',
    to: '{endUtc}',
    body: 'Service: {serviceName}\nService id: {service}\nStart: {start}\nMinutes: {minutes}\nName: {name}\nPhone: {phone}',
  },
  html: ['body'],
};
const booking = sampleBooking({ name: 'Zoë - "O\'Neil" <Co>', serviceName: 'a check-up - long' });
const held = renderFields(meeting, { key: KEY, payload: booking });
const remoteWith = (change: Readonly<Record<string, unknown>>) => ({ mapping: meeting, fields: { ...held, ...change } });
/** As a move and a cancellation compare it with what was agreed on. */
const isEdited = (change: Readonly<Record<string, unknown>>): boolean =>
  differingFields(meeting, held, remoteWith(change).fields).length > 0;

test('an appointment is read from its fields and the lines of its text', () => {
  expect(currentPayload('booking', remoteWith({}))).toEqual({ ...booking, start: '2026-03-05T09:30:00.000Z' });
  expect(isEdited({})).toBe(false);
});

test('what a system writes in its own way is no edit', () => {
  const change = {
    from: '2026-03-05T09:30:00.000+0000',
    to: '2026-03-05T10:00:00Z',
    body: `<div><p>${String(held['body'])}</p>\r\n</div>`,
  };
  expect(isEdited(change)).toBe(false);
});

test.each([
  ['its time', { from: '2026-03-05T10:00:00Z', to: '2026-03-05T10:30:00Z' }],
  ['its length', { to: '2026-03-05T10:30:00Z' }],
  ['its title', { title: 'Somebody else' }],
  ['its number', { phone: '+493055500000' }],
  ['its text', { body: 'cleared' }],
  ['nothing left', { body: null, phone: null }],
])('an appointment with %s changed is one that a person edited', (_what, change) => {
  expect(isEdited(change)).toBe(true);
});

test('a person who moved an appointment is believed: it is at the new time', () => {
  const remote = remoteWith({ from: '2026-03-05T10:00:00Z', to: '2026-03-05T10:45:00Z' });
  expect(currentPayload('booking', remote)).toMatchObject({ start: '2026-03-05T10:00:00.000Z', minutes: 45, name: booking.name });
});

test('a record that says too little is none of ours', () => {
  expect(currentPayload('booking', { mapping: meeting, fields: { from: '2026-03-05T10:00:00Z', phone: '+493055501234' } })).toBeNull();
});

test('a contact is read from the parts of the name', () => {
  const contact: RecordMapping = {
    target: 'Contact',
    keyField: 'key',
    fields: { key: '{key}', First: '{givenName}', Last: '{familyName}', Phone: '{phone}' },
  };
  const fields = { First: 'Ana Maria', Last: 'Becker', Phone: '+493055501234' };
  expect(currentPayload('contact', { mapping: contact, fields })).toEqual({
    kind: 'contact',
    name: 'Ana Maria Becker',
    phone: '+493055501234',
  });
  expect(currentPayload('contact', { mapping: contact, fields: { ...fields, First: null } })).toMatchObject({ name: 'Becker' });
  expect(currentPayload('contact', { mapping: contact, fields: { Phone: '+493055501234' } })).toBeNull();
});

test('a word that the system has for a value of ours is read as that value, and any other as it stands', () => {
  const mapping = { ...meeting, fields: { ...meeting.fields, kind: '{service}' }, choices: { kind: { 'check-up': 'CHECK' } } };
  expect(currentPayload('booking', { ...remoteWith({ kind: 'CHECK' }), mapping })).toMatchObject({ service: 'check-up' });
  expect(currentPayload('booking', { ...remoteWith({ kind: 'VACC' }), mapping })).toMatchObject({ service: 'VACC' });
});

test.each(['<script>&amp;</script>', 'line one\nline two', '"quoted" & \'so on\'', 'Zoë'])(
  'text goes through HTML unchanged: %s',
  (text) => {
    expect(fromHtml(toHtml(text))).toBe(text);
    expect(fromHtml(`<div><p>${toHtml(text)}</p></div>`)).toBe(text);
    expect(toHtml(text)).not.toMatch(/<(?!br>)/);
  },
);
