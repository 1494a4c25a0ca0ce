import { Ajv2020, type SchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { AppError } from '../../../base/app-error.ts';

/** What a JSON document of a destination must look like (JSON Schema 2020-12). What does not is not believed. */
export interface JsonContract<T> {
  /** Throws `destination_misbehaved`, naming the first place that is wrong, never its content. */
  read(body: string): T;
  /** The same for a value in hand. */
  check(value: unknown): T;
}

let compiler: Ajv2020 | null = null;

/** Made at the first use: a process that speaks to few systems starts without the contracts of the others. */
function compile<T>(schema: SchemaObject): ValidateFunction<T> {
  if (compiler === null) {
    compiler = new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true });
    formats.default(compiler);
  }
  return compiler.compile<T>(schema);
}

/** A contract from a schema; `name` says in errors what was read. The first use throws when the schema itself is wrong. */
export function createJsonContract<T>(name: string, schema: SchemaObject): JsonContract<T> {
  let compiled: ValidateFunction<T> | null = null;
  const check = (value: unknown): T => {
    const matches = (compiled ??= compile<T>(schema));
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
