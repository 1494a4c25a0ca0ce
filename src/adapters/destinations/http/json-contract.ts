import { Ajv2020, type SchemaObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { AppError } from '../../../base/app-error.ts';

/** What a JSON document of a destination must look like (JSON Schema 2020-12). What does not is not believed. */
export interface JsonContract<T> {
  /** Throws `destination_misbehaved`, naming the first place that is wrong, never its content. */
  read(body: string): T;
  /** The same for a value in hand. */
  check(value: unknown): T;
}

/** A contract from a schema; `name` says in errors what was read. Throws at once when the schema itself is wrong. */
export function createJsonContract<T>(name: string, schema: SchemaObject): JsonContract<T> {
  const ajv = new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true });
  formats.default(ajv);
  const matches = ajv.compile<T>(schema);
  const check = (value: unknown): T => {
    if (matches(value)) return value;
    const [first] = matches.errors ?? [];
    throw new AppError('destination_misbehaved', `${name}: ${first?.instancePath ?? ''} ${first?.message ?? 'is not as it should be'}`);
  };
  return {
    check,
    read: (body) => {
      let value: unknown;
      try {
        value = JSON.parse(body);
      } catch (cause) {
        throw new AppError('destination_misbehaved', `${name} is not JSON`, { cause });
      }
      return check(value);
    },
  };
}
