import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRestSystem } from '../../../../../src/adapters/destinations/rest/rest-system.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const MAPPINGS = join(import.meta.dirname, '../../../../../config/mappings');

describe('the documents of a REST destination', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
    for (const name of ['rest-example', 'rest-example-webhook'])
      for (const ending of ['yaml', 'openapi.yaml']) cpSync(join(MAPPINGS, `${name}.${ending}`), join(folder.path, `${name}.${ending}`));
  });
  afterEach(() => folder.remove());

  const read = (name: string) => readRestSystem(join(folder.path, `${name}.yaml`));
  const textOf = (file: string): { readonly path: string; readonly text: string } => {
    const path = join(folder.path, file);
    return { path, text: readFileSync(path, 'utf8') };
  };
  const change = (file: string, from: string, to: string): void => {
    const { path, text } = textOf(file);
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
    writeFileSync(path, text.replace(from, to));
  };

  test('the examples fit together', () => {
    expect([...read('rest-example').records.keys()]).toEqual(['contact', 'booking']);
    expect([...read('rest-example-webhook').records.keys()]).toEqual(['message', 'note']);
  });

  test.each([
    ['mode: rest\n', 'mode: soap\n', '/mode: got "soap", expected one of rest, webhook'],
    ['version: 1\n', 'version: 2\n', '/version: got 2, expected 1'],
    ['signed: true\n', 'signed: true\nsalted: true\n', '/salted: got true, expected no such key'],
    ['idempotence: native_key\n', '', '/idempotence: got nothing, expected a value'],
    ['auth: { type: bearer }', 'auth: { type: basic }', '/auth/user: got nothing, expected a value'],
    [
      'statuses: [201] }\n      outcomes: { 409: exists }',
      'statuses: ok }',
      '/records/contact/create/success/statuses: got "ok", expected array',
    ],
    [
      'operation: createContact',
      'operation: newContact',
      '/records/contact/create/operation: got "newContact", expected one of getHealth,',
    ],
    [
      'key: { in: query, name: externalId }',
      'key: { in: query, name: ref }',
      '/records/contact/readBack/key/name: got "ref", expected a query parameter of listContacts',
    ],
    ['key: { in: query, name: externalId }', 'key: { in: query }', '/records/contact/readBack/key/name: got nothing, expected a value'],
    [
      "      fixed: [{ in: header, name: If-None-Match, value: '*' }]\n",
      '',
      '/records/booking/create: got nothing, expected a value for the header parameter if-none-match of putAppointment',
    ],
    [
      'success: { statuses: [204] }',
      'success: { statuses: [200] }',
      '/records/contact/cancel/success/statuses: got 200, expected a status that deleteContact describes',
    ],
    ["/name: '{name}'", "/name: '{nmae}'", '/records/contact/fields: got "{nmae}", expected a placeholder of docs/REST.md'],
    ["/phone: '{phone}'", "/phone: 'tel:{phone}'", '/records/contact/find: got "listContacts", expected {phone} alone in a field'],
    ["/start: '{startUtc}'", "/patient: '{name}'", '/records/booking/create: got "/patient", expected each place of the body once'],
    [
      '{ header: Idempotency-Key, honoured: true }',
      '{ header: Idempotency-Key, honoured: false }',
      '/idempotencyKey/honoured: got false, expected true with native_key',
    ],
    [
      'idempotence: native_key',
      'idempotence: none',
      '/idempotence: got "none", expected search_then_create, since records can be read back',
    ],
    ['  startField: /start\n', '', '/freeSlots/startField: got nothing, expected a value'],
    ['{ in: query, name: from, form: day }', '{ in: query, name: from }', '/freeSlots/from/form: got nothing, expected a value'],
    ['name: from, form: day', 'name: from, form: day_after', '/freeSlots/from/form: got "day_after", expected one of day, utc, offset'],
    ['name: to, form: day', 'name: to, form: today', '/freeSlots/to/form: got "today", expected one of day, day_after, utc, offset'],
    [
      'name: to, form: day',
      'name: to, form: utc',
      '/freeSlots/to/form: got "2026-03-05T00:00:00.000Z", expected what the parameter takes: (all of it) must match format "date"',
    ],
    ['check-up: CHECK', 'check-up: CHEQUE', '/freeSlots/service/choices/check-up: got "CHEQUE", expected what the parameter takes'],
    ['operation: listSlots', 'operation: listTimes', '/freeSlots/operation: got "listTimes", expected one of getHealth,'],
    ['name: service\n', 'name: kind\n', '/freeSlots/service/name: got "kind", expected a query parameter of listSlots'],
    ['name: from, form: day', 'name: to, form: day', '/freeSlots: got nothing, expected a value for the query parameter from of listSlots'],
    [
      'minutesField: /minutes',
      'minutesField: /minutes\n  endField: /end',
      '/freeSlots/endField: got "/end", expected nothing beside minutesField',
    ],
    ['  moreAt: /next\n', '  moreAt: next\n', '/freeSlots/moreAt: got "next"'],
    ['minutesField: /minutes', 'timesWithoutZone: local', '/freeSlots/timesWithoutZone: got "local", expected "utc"'],
    ['minutesField: /minutes', 'resourceField: /room', '/freeSlots/resourceField: got "/room", expected no such key'],
  ])('%j instead of %j is named with path, got and expected', (from, to, expected) => {
    change('rest-example.yaml', from, to);
    expect(() => read('rest-example')).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(expected) }),
    );
    expect(() => read('rest-example')).toThrow(join(folder.path, 'rest-example.yaml'));
  });

  test('free slots of a system that no appointment can be written to are refused', () => {
    const { text, path } = textOf('rest-example.yaml');
    writeFileSync(path, text.slice(0, text.indexOf('  booking:')));
    expect(() => read('rest-example')).toThrow('/freeSlots: got "listSlots", expected a booking among the records');
  });

  test('two values for one place in the body of a question about free slots are refused', () => {
    const { path, text } = textOf('rest-example.openapi.yaml');
    const asked =
      "post:\n      operationId: searchSlots\n      requestBody: { content: { application/json: { schema: { type: object } } } }\n      responses: { '200': { description: Slots. } }\n    get:\n      operationId: listSlots";
    writeFileSync(path, text.replace('get:\n      operationId: listSlots', asked));
    change('rest-example.yaml', 'operation: listSlots', 'operation: searchSlots');
    change('rest-example.yaml', '    in: query\n    name: service', '    in: body\n    pointer: /service');
    change('rest-example.yaml', '{ in: query, name: from, form: day }', '{ in: body, pointer: /days/from, form: utc }');
    change('rest-example.yaml', '{ in: query, name: to, form: day }', '{ in: body, pointer: /days/to, form: offset }');
    change('rest-example.yaml', '{ in: query, name: limit, value: 2000 }', '{ in: body, pointer: /limit, value: 2000 }');
    expect(read('rest-example').freeSlots?.operation.id).toBe('searchSlots');
    change('rest-example.yaml', 'pointer: /days/to', 'pointer: /days');
    expect(() => read('rest-example')).toThrow('/freeSlots: got "/days", expected each place of the body once');
  });

  test('a webhook cannot be asked for free slots', () => {
    const slots =
      '{ operation: postMessage, from: { in: body, pointer: /from, form: utc }, to: { in: body, pointer: /to, form: utc }, success: { statuses: [200] }, startField: /start }';
    change('rest-example-webhook.yaml', 'records:\n', `freeSlots: ${slots}\n\nrecords:\n`);
    expect(() => read('rest-example-webhook')).toThrow('/freeSlots: got "postMessage", expected nothing in a webhook');
  });

  test.each([
    ['      keyAt: /key\n', '', '/records/message/create/keyAt: got nothing, expected where the receiver returns our key'],
    [
      'key: { in: body, pointer: /key }',
      'key: { in: header, name: Idempotency-Key }',
      '/records/message/create/key/in: got "header", expected body, which the signature covers',
    ],
    ['honoured: true }', 'honoured: false }', 'expected none: the receiver does not honour our key'],
  ])('a webhook with %j as %j is refused', (from, to, expected) => {
    change('rest-example-webhook.yaml', from, to);
    expect(() => read('rest-example-webhook')).toThrow(expected);
  });

  test.each([
    ['openapi: 3.1.0', 'swagger: 2.0', '/openapi: got nothing, expected a value'],
    ["'#/components/schemas/ContactList'", "'#/components/schemas/Nothing'", 'expected a schema that can be compiled'],
    [
      "'#/components/parameters/externalId'",
      "'other.yaml#/x'",
      '/parameters/0/$ref: got "other.yaml#/x", expected a reference to a place in this document',
    ],
    [
      'operationId: deleteContact',
      'operationId: createContact',
      '/operationId: got "createContact", expected an id that no other operation has',
    ],
  ])('an OpenAPI document with %j as %j is refused with the place', (from, to, expected) => {
    change('rest-example.openapi.yaml', from, to);
    expect(() => read('rest-example')).toThrow(expected);
    expect(() => read('rest-example')).toThrow(join(folder.path, 'rest-example.openapi.yaml'));
  });

  test('a file that is not there, or is not YAML, is named', () => {
    change('rest-example.yaml', 'openapi: rest-example.openapi.yaml', 'openapi: nowhere.yaml');
    expect(() => read('rest-example')).toThrow(expect.objectContaining({ code: 'config_unreadable' }));
    writeFileSync(join(folder.path, 'rest-example.yaml'), 'version: [');
    expect(() => read('rest-example')).toThrow(expect.objectContaining({ code: 'config_unreadable' }));
  });
});
