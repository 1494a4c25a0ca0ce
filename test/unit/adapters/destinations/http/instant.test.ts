import { expect, test } from 'vitest';
import { instantOf, utcWithoutZone } from '../../../../../src/adapters/destinations/http/instant.ts';
import { differingFields, renderFields, type RecordMapping } from '../../../../../src/adapters/destinations/http/mapping.ts';
import { sampleBooking } from '../../../../support/writeback-samples.ts';

const NOON = Date.UTC(2026, 6, 5, 12, 0);

test.each([
  '2026-07-05T12:00:00Z',
  '2026-07-05 12:00:00',
  '2026-07-05T12:00',
  '2026-07-05T14:00:00.000+0200',
  '2026-07-05T14:00:00+02:00',
  '2026-07-05 12:00:00.000Z',
])('%s is one moment, whatever the zone of this machine', (text) => {
  expect(instantOf(text)).toBe(NOON);
});

test.each(['', 'Check-up - Laura Becker', '2026-07-05', '2026-13-05 12:00:00', '12:00:00', '4930555'])('%s names no moment', (text) => {
  expect(instantOf(text)).toBeNull();
});

test('UTC without a zone is written to the second and read as it was written', () => {
  expect(utcWithoutZone(NOON)).toBe('2026-07-05 12:00:00');
  expect(instantOf(utcWithoutZone(NOON))).toBe(NOON);
});

test('an appointment in UTC without a zone is the same in every way of writing, and differs by an hour of summer time', () => {
  const event: RecordMapping = {
    target: 'calendar.event',
    keyField: 'id',
    fields: { id: 'vestibule.{remoteKey}', start: '{startUtcNoZone}', stop: '{endUtcNoZone}' },
  };
  const rendered = renderFields(event, { key: 'k', payload: sampleBooking({ start: '2026-07-05T14:00:00+02:00', minutes: 45 }) });
  expect(rendered).toMatchObject({ start: '2026-07-05 12:00:00', stop: '2026-07-05 12:45:00' });
  expect(differingFields(event, rendered, { ...rendered, start: '2026-07-05T12:00:00Z', stop: '2026-07-05 12:45' })).toEqual([]);
  expect(differingFields(event, rendered, { ...rendered, start: '2026-07-05 14:00:00' })).toEqual(['start']);
});
