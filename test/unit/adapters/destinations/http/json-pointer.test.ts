import { expect, test } from 'vitest';
import { documentOf, overlappingPointer, valueAt } from '../../../../../src/adapters/destinations/http/json-pointer.ts';

test('a pointer leads to what stands there, with escapes and through lists', () => {
  const document = { a: [{ 'b/c': 1, 'd~e': null }] };
  expect(valueAt(document, '')).toBe(document);
  expect(valueAt(document, '/a/0/b~1c')).toBe(1);
  expect(valueAt(document, '/a/0/d~0e')).toBeNull();
  expect(valueAt(document, '/a/1/b~1c')).toBeUndefined();
  expect(valueAt(document, '/a/0/b~1c/x')).toBeUndefined();
});

test('what every object inherits does not stand anywhere', () => {
  expect(valueAt({}, '/constructor/name')).toBeUndefined();
  expect(valueAt({}, '/__proto__')).toBeUndefined();
  const document = documentOf({ '/__proto__/polluted': true });
  expect(JSON.stringify(document)).toBe('{"__proto__":{"polluted":true}}');
  expect('polluted' in {}).toBe(false);
});

test('values at pointers become a document', () => {
  const document = documentOf({ '/data/name': 'x', '/data/lines/0/text': 'y', '/data/lines/1/text': 'z', '/n': 3 });
  expect(JSON.parse(JSON.stringify(document))).toEqual({ data: { name: 'x', lines: [{ text: 'y' }, { text: 'z' }] }, n: 3 });
});

test('a place inside another one, or twice the same, is found', () => {
  expect(overlappingPointer(['/a/b', '/a/c', '/ab'])).toBeNull();
  expect(overlappingPointer(['/a/b', '/a'])).toBe('/a');
  expect(overlappingPointer(['/a', '/b', '/a'])).toBe('/a');
});
