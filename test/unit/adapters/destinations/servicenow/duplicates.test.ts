import { expect, test } from 'vitest';
import type { RecordMapping } from '../../../../../src/adapters/destinations/http/mapping.ts';
import { sortDuplicates } from '../../../../../src/adapters/destinations/servicenow/duplicates.ts';
import { readTransformed } from '../../../../../src/adapters/destinations/servicenow/import-answer.ts';
import type { TableRow } from '../../../../../src/adapters/destinations/servicenow/table-api.ts';

const mapping: RecordMapping = {
  target: 'incident',
  keyField: 'correlation_id',
  fields: { correlation_id: '{remoteKey}', description: '{text}', number: '{key}' },
  notCompared: ['number'],
};
const row = (id: string, parts: Partial<TableRow> = {}): TableRow => ({
  sys_id: id,
  sys_created_on: '2026-03-05 10:00:00',
  sys_created_by: 'us',
  sys_updated_by: 'us',
  correlation_id: 'k',
  description: 'Call back',
  number: id,
  ...parts,
});
const kept = (...rows: readonly [TableRow, ...TableRow[]]): string => {
  const sorted = sortDuplicates(mapping, rows);
  return sorted === 'several' ? sorted : sorted.kept.sys_id;
};

test('the older of two equal records stays, whoever looks and in whatever order', () => {
  const [older, younger] = [row('b'), row('a', { sys_created_on: '2026-03-05 10:00:01' })];
  expect(sortDuplicates(mapping, [older, younger])).toEqual({ kept: older, superfluous: [younger] });
  expect(sortDuplicates(mapping, [younger, older])).toEqual({ kept: older, superfluous: [younger] });
  expect([kept(row('a'), row('b')), kept(row('b'), row('a'))]).toEqual(['a', 'a']);
});

test('the one that a person wrote to stays, also when it is the younger one and says something else', () => {
  expect(kept(row('a'), row('b', { sys_updated_by: 'desk', description: 'Done' }))).toBe('b');
});

test.each([
  ['a person wrote to both', [row('a', { sys_updated_by: 'desk' }), row('b', { sys_updated_by: 'desk' })]],
  ['someone else made one of them', [row('a'), row('b', { sys_created_by: 'desk', sys_updated_by: 'desk' })]],
  ['a colleague copied one of them', [row('a'), row('b', { sys_created_by: 'admin', sys_updated_by: 'admin' })]],
  ['they do not say the same', [row('a'), row('b', { description: 'Something else' })]],
] as const)('a person has to look when %s', (_when, [first, second]) => {
  expect(kept(first, second)).toBe('several');
});

test.each([
  ['{"result":[{"table":"incident","status":"inserted"}]}', 'inserted'],
  ['{"result":[{"table":"incident","status":"updated"}]}', 'held'],
  ['{"result":[{"table":"incident","status":"ignored","status_message":"No field values changed"}]}', 'held'],
  ['{"result":[{"table":"incident","status":"skipped"}]}', 'error'],
  ['{"result":[{"status":"error","error_message":"Unique Key violation"}]}', 'error'],
  ['{"result":[{"table":"task","status":"inserted"},{"table":"incident","status":"inserted"}]}', 'inserted'],
  ['{"result":[{"table":"u_vestibule_message","status":"pending"}]}', 'strange'],
  ['{"result":[{"table":"incident","status":"a new word"}]}', 'strange'],
])('an import answered with %s is %s', (body, expected) => {
  expect(readTransformed(body, 'incident')).toBe(expected);
});

test('an answer to an import that is not one is not believed', () => {
  expect(() => readTransformed('{"result":[]}', 'incident')).toThrow(expect.objectContaining({ code: 'destination_misbehaved' }));
});
