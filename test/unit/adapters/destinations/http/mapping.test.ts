import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { differingFields, readMapping, renderFields, type RecordMapping } from '../../../../../src/adapters/destinations/http/mapping.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { sampleBooking, sampleMessage } from '../../../../support/writeback-samples.ts';

const MAPPINGS = join(import.meta.dirname, '../../../../../config/mappings');
const event: RecordMapping = {
  target: 'Event',
  keyField: 'Key',
  fields: {
    Key: '{key}',
    Subject: '{serviceName} - {name}',
    Length: '{minutes}',
    Start: '{startUtc}',
    WhoId: '{contactId}',
    Last: '{familyName}',
  },
};

test('a field that is one placeholder keeps its type, text around placeholders is filled in, what has no value is left out', () => {
  expect(renderFields(event, { key: 'k.1', payload: sampleBooking({ name: 'Ana Maria Becker' }) })).toEqual({
    Key: 'k.1',
    Subject: 'a check-up - Ana Maria Becker',
    Length: 30,
    Start: '2026-03-05T09:30:00.000Z',
    Last: 'Becker',
  });
  expect(renderFields(event, { key: 'k.1', payload: sampleBooking(), links: { contact: '003' } })).toMatchObject({ WhoId: '003' });
  const ticket = { target: 'incident', keyField: 'k', fields: { who: 'caller: {phone}', urgent: '{urgent}' } };
  expect(renderFields(ticket, { key: 'k', payload: sampleMessage({ phone: null }) })).toEqual({ who: 'caller: ', urgent: false });
});

test('a read-back differs where a person changed a field, not where a system writes the same value in its own way', () => {
  const rendered = renderFields(event, { key: 'k.1', payload: sampleBooking() });
  const held = { ...rendered, Length: '30', Start: '2026-03-05T10:30:00.000+0100', CreatedBy: 'api' };
  expect(differingFields(event, rendered, held)).toEqual([]);
  expect(differingFields(event, rendered, { ...held, Start: '2026-03-05T10:45:00.000+0100' })).toEqual(['Start']);
  expect(differingFields({ ...event, notCompared: ['Start'] }, rendered, { ...held, Start: '' })).toEqual([]);
  expect(differingFields(event, rendered, { ...held, Subject: undefined })).toEqual(['Subject']);
});

test('words of the destination stand for values, and the moment of writing is never compared', () => {
  const ticket: RecordMapping = {
    target: 'tickets',
    keyField: 'k',
    fields: { priority: '{urgent}', body: '{text}', at: '{nowUtc}' },
    choices: { priority: { true: 'HIGH', false: 'MEDIUM' } },
    html: ['body'],
  };
  const rendered = renderFields(ticket, { key: 'k', payload: sampleMessage({ text: 'a < b\nc' }), nowEpochMs: 0 });
  expect(rendered).toEqual({ priority: 'MEDIUM', body: 'a &lt; b<br>c', at: '1970-01-01T00:00:00.000Z' });
  expect(
    differingFields(ticket, rendered, { priority: 'MEDIUM', body: '<p>a &lt; b</p>\r\n<p>c</p>', at: '2026-03-05T09:30:00Z' }),
  ).toEqual([]);
  expect(differingFields(ticket, rendered, { ...rendered, priority: 'HIGH', body: 'a b' })).toEqual(['priority', 'body']);
});

test.each([
  ['{"version":2,"destination":"x","records":{}}', /version/],
  [
    '{"version":1,"destination":"x","records":{"contact":{"target":"T","keyField":"k","fields":{"a":"{nmae}"}}}}',
    /\{nmae\} is no placeholder/,
  ],
  [
    '{"version":1,"destination":"x","records":{"contact":{"target":"T","keyField":"k","fields":{"a":"{name}"},"html":["b"]}}}',
    /b is named in html or choices/,
  ],
  ['not json', /not JSON/],
])('a mapping document that is wrong is refused with the place: %s', (text, reason) => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'wrong.json');
  writeFileSync(path, text);
  expect(() => readMapping(path)).toThrow(reason);
  expect(() => readMapping(path)).toThrow(path);
  folder.remove();
});

test('every mapping document that ships is valid, and writes the key where it says', () => {
  const names = (existsSync(MAPPINGS) ? readdirSync(MAPPINGS) : []).filter((name) => name.endsWith('.json'));
  for (const name of names) {
    const { records } = readMapping(join(MAPPINGS, name));
    for (const record of Object.values(records)) expect(record.fields[record.keyField], name).toMatch(/\{(key|remoteKey)\}/);
  }
});
