import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type SchemaObject } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { AppError } from '../../../base/app-error.ts';
import { valueAt } from './json-pointer.ts';

/** One thing that is wrong in a document an administrator wrote. */
export interface DocumentProblem {
  /** JSON pointer into the document. */
  readonly path: string;
  readonly got: unknown;
  readonly expected: string;
}

const PROBLEMS_MAX = 20;
const GOT_LETTERS_MAX = 60;
/** Keywords whose errors only say that one of their branches has an error. */
const REPEATING: ReadonlySet<string> = new Set(['if', 'anyOf', 'oneOf', 'allOf']);

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > GOT_LETTERS_MAX ? `${text.slice(0, GOT_LETTERS_MAX)}…` : text;
}

/** `config_invalid` that names the file and every problem with path, got and expected. */
export function documentError(file: string, problems: readonly DocumentProblem[]): AppError {
  const lines = problems
    .slice(0, PROBLEMS_MAX)
    .map(({ path, got, expected }) => `  ${path === '' ? '(top)' : path}: got ${shown(got)}, expected ${expected}`);
  return new AppError('config_invalid', `${file} has problems:\n${lines.join('\n')}`);
}

function problemOf(document: unknown, { instancePath, keyword, params, message }: ErrorObject): DocumentProblem {
  const at = (path: string, expected: string): DocumentProblem => ({ path, got: valueAt(document, path), expected });
  if (keyword === 'required') return at(`${instancePath}/${String(params['missingProperty'])}`, 'a value');
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties')
    return at(`${instancePath}/${String(params['additionalProperty'] ?? params['unevaluatedProperty'])}`, 'no such key');
  if (keyword === 'enum') return at(instancePath, `one of ${(params['allowedValues'] as readonly unknown[]).map(String).join(', ')}`);
  if (keyword === 'const') return at(instancePath, JSON.stringify(params['allowedValue']));
  return at(instancePath, (message ?? 'another value').replace(/^must (?:be|have|match) /, ''));
}

/** Everything in a value that does not fit a schema. */
export function problemsIn(value: unknown, schema: SchemaObject): readonly DocumentProblem[] {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
  const fits = ajv.compile(schema);
  if (fits(value)) return [];
  return (fits.errors ?? []).filter(({ keyword }) => !REPEATING.has(keyword)).map((error) => problemOf(value, error));
}

/** A YAML or JSON file. Throws `config_unreadable`. */
export function readYamlFile(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new AppError('config_unreadable', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A document of an administrator that fits a schema. Throws `config_unreadable` or `config_invalid`. */
export function readConfigDocument(file: string, schema: SchemaObject): unknown {
  const value = readYamlFile(file);
  const problems = problemsIn(value, schema);
  if (problems.length > 0) throw documentError(file, problems);
  return value;
}
