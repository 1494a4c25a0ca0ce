import { z } from 'zod';
import type { ConfigFile } from './schema.ts';
import { configSchema } from './schema.ts';

export interface ConfigKey {
  readonly key: string;
  readonly value: unknown;
  readonly meaning: string;
}

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

function walk(schema: JsonSchema, value: unknown, path: readonly string[]): readonly ConfigKey[] {
  if (schema.properties === undefined) return [{ key: path.join('.'), value, meaning: schema.description ?? '' }];
  return Object.entries(schema.properties).flatMap(([name, inner]) =>
    walk(inner, typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined, [...path, name]),
  );
}

/** Every key of config.yaml with its value in force and its meaning. */
export function configKeys(config: ConfigFile): readonly ConfigKey[] {
  return walk(z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema, config, []);
}
