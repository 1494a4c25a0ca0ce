import { expect, test } from 'vitest';
import { digestOf } from '../../../../../src/adapters/destinations/rest/digest.ts';
import type { RestRecord } from '../../../../../src/adapters/destinations/rest/rest-mapping.ts';

const record: RestRecord = {
  fields: {
    '/name': '{name}',
    '/start': '{startUtc}',
    '/minutes': '{minutes}',
    '/note': '<b>{name}</b>',
    '/written': '{nowUtc}',
    '/state': 'new',
  },
  html: ['/note'],
  notCompared: ['/state'],
  keyField: '/key',
  idField: '/id',
  create: { operation: 'create', key: { in: 'body', pointer: '/key' }, success: { statuses: [201] } },
};
const fields = {
  '/name': 'Laura',
  '/start': '2026-03-05T09:30:00.000Z',
  '/minutes': 30,
  '/note': '<b>Laura</b>',
  '/written': 'a',
  '/state': 'new',
};

test('what a system writes in its own way has the same digest', () => {
  const held = {
    '/name': ' Laura\r\n',
    '/start': '2026-03-05 10:30:00+0100',
    '/minutes': '30',
    '/note': '<p><b>Laura</b></p>',
    '/written': 'b',
    '/state': 'seen',
  };
  expect(digestOf(record, held)).toBe(digestOf(record, fields));
  expect(digestOf(record, { ...fields, '/other': 'x' })).toBe(digestOf(record, fields));
});

test.each([
  ['/name', 'Lara'],
  ['/start', '2026-03-05T09:45:00.000Z'],
  ['/minutes', 45],
  ['/note', 'Lara'],
  ['/name', null],
])('a change of %s to %s gives another one', (pointer, value) => {
  expect(digestOf(record, { ...fields, [pointer]: value })).not.toBe(digestOf(record, fields));
});
