import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readOpenApi, type Operation } from '../../../../../src/adapters/destinations/rest/openapi.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

describe('an OpenAPI document', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  const schema = {
    type: 'object',
    required: ['id', 'secret', 'age'],
    properties: {
      id: { type: 'string', readOnly: true },
      secret: { type: 'string', writeOnly: true },
      age: { type: 'integer', minimum: 0, exclusiveMinimum: true, nullable: true, 'x-unit': 'years' },
      kind: { type: 'string', enum: ['a'], nullable: true, example: 'a' },
      code: { type: 'string', pattern: '^[\\w\\-]+$', format: 'vendor-code' },
    },
  };
  function operation(version: string): Operation {
    const file = join(folder.path, 'openapi.json');
    const json = { 'application/hal+json; charset=utf-8': { schema: { $ref: '#/components/schemas/Thing' } } };
    const put = {
      operationId: 'putThing',
      parameters: [{ name: 'N', in: 'query', schema: { type: 'integer' } }],
      requestBody: { content: json },
      responses: { 200: { content: json }, '4XX': { description: 'wrong' } },
    };
    writeFileSync(
      file,
      JSON.stringify({ openapi: version, paths: { '/things/{id}': { put } }, components: { schemas: { Thing: schema } } }),
    );
    const found = readOpenApi(file).operation('putThing');
    if (found === null) throw new Error('not found');
    return found;
  }
  const answer = (of: Operation, status: number, value: unknown): string | null => {
    const check = of.answer(status);
    return check === 'undescribed' ? check : check(value);
  };

  test('requests owe nothing that is read-only, answers nothing that is write-only', () => {
    const { body } = operation('3.0.3');
    expect(body?.contentType).toBe('application/hal+json; charset=utf-8');
    expect(body?.check({ secret: 's', age: 3 })).toBeNull();
    expect(body?.check({ id: 'i', age: 3 })).toMatch(/secret/);
    expect(answer(operation('3.0.3'), 200, { id: 'i', age: 3 })).toBeNull();
    expect(answer(operation('3.0.3'), 200, { secret: 's', age: 3 })).toMatch(/id/);
  });

  test('the older form of schemas is understood: nullable, exclusive limits as booleans', () => {
    const { body } = operation('3.0.3');
    expect(body?.check({ secret: 's', age: null, kind: null })).toBeNull();
    expect(body?.check({ secret: 's', age: 0 })).toBe('/age must be > 0');
  });

  test('an answer is held against its status, then its range; what is not described is told as such', () => {
    const put = operation('3.0.3');
    expect(answer(put, 404, undefined)).toBeNull();
    expect(answer(put, 500, undefined)).toBe('undescribed');
    expect(answer(put, 200, undefined)).toMatch(/value/);
  });

  test('the text of a parameter counts as the number it says', () => {
    const [parameter] = operation('3.0.3').parameters;
    expect(parameter?.check('12')).toBeNull();
    expect(parameter?.check('twelve')).toMatch(/integer/);
  });

  test('the words of an error never contain the value', () => {
    expect(operation('3.0.3').body?.check({ secret: 's', age: 'confidential' })).not.toMatch(/confidential/);
  });
});
