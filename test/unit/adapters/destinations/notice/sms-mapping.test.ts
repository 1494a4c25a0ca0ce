import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filled, readSmsMapping } from '../../../../../src/adapters/destinations/notice/sms-mapping.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../../config/mappings/sms-example.yaml');

test('the example is valid', () => {
  expect(readSmsMapping(EXAMPLE)).toMatchObject({ destination: 'sms-example', honoursKey: true });
});

test.each([
  [
    "{ /recipient: '{to}', /text: '{text}', /reference: '{key}' }",
    "{ /recipient: '{too}' }",
    '/send: got "{too}", expected one of key, to,',
  ],
  ['  json: { /recipient', "  form: { To: '{to}' }\n  json: { /recipient", '/send: got nothing, expected either json or form'],
  ['  path: /messages?reference={key}', '  path: /messages', '/status/path: got "/messages", expected {key} or {id} in it'],
  ['  keyAt: /reference\n  idAt: /id\n  toAt', '  idAt: /id\n  toAt', '/status/keyAt: got nothing, expected where our key stands'],
  ['waitForDelivery: false', 'waitForDelivery: no thanks', '/status/waitForDelivery: got "no thanks", expected boolean'],
])('%j as %j is named with path, got and expected', (from, to, expected) => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'sms.yaml');
  const text = readFileSync(EXAMPLE, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  expect(() => readSmsMapping(path)).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(expected) }),
  );
  folder.remove();
});

test('a template is filled in once: what looks like a placeholder in a text stays as it is', () => {
  expect(filled('{text} {key}', { text: '{key}', key: 'k' })).toBe('{key} k');
  expect(filled('/m/{id}', { id: 'a/b?c' }, encodeURIComponent)).toBe('/m/a%2Fb%3Fc');
  expect(filled(3, {})).toBe(3);
});
