import { Ajv2020, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { documentError, problemsIn, readYamlFile, type DocumentProblem } from '../http/config-document.ts';
import { valueAt } from '../http/json-pointer.ts';
import { dialectOf, type Direction } from './openapi-dialect.ts';

/** Says what is wrong with a value, naming the place and never the content; null when it fits. */
export type Check = (value: unknown) => string | null;

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
  /** For the text of a parameter; numbers and booleans are understood. */
  readonly check: Check;
}

/** One operation of an OpenAPI document, with its schemas compiled. */
export interface Operation {
  readonly id: string;
  /** In upper case. */
  readonly method: string;
  /** With placeholders such as `{id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly contentType: string; readonly check: Check } | null;
  /** The contract of an answer; `undescribed` when the document does not know the status. */
  readonly answer: (status: number) => Check | 'undescribed';
}

export interface OpenApi {
  readonly file: string;
  readonly operationIds: readonly string[];
  /** Compiles the schemas of one operation; null when no operation has this id. Throws `config_invalid` when its schemas are wrong. */
  operation(id: string): Operation | null;
}

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'] as const;
const REFS_MAX = 16;
const fits: Check = () => null;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What this product needs of an OpenAPI 3 document; the schemas inside are judged when they are compiled. */
const DOCUMENT_SCHEMA: SchemaObject = {
  type: 'object',
  required: ['openapi', 'paths'],
  properties: {
    openapi: { type: 'string', pattern: '^3\\.' },
    paths: { type: 'object', minProperties: 1, additionalProperties: { type: 'object' } },
    components: { type: 'object' },
  },
};

interface Reader {
  /** Follows `$ref` inside the document. */
  readonly resolved: (value: unknown, at: string) => Json | null;
  readonly compiled: (schema: unknown, options: { readonly direction: Direction; readonly at: string; readonly text?: boolean }) => Check;
}

/** Where an operation stands in the document. */
interface Found {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly at: string;
  readonly node: Json;
  readonly item: Json;
}

/**
 * Reads an OpenAPI 3.x document (YAML or JSON). Schemas are compiled when an operation is asked for, so that a big document costs what is
 * used of it. Throws `config_unreadable`, or `config_invalid` with every problem.
 */
export function readOpenApi(file: string): OpenApi {
  const value = readYamlFile(file);
  const wrong = problemsIn(value, DOCUMENT_SCHEMA);
  if (wrong.length > 0) throw documentError(file, wrong);
  const root = value as Json;
  const found = new Map<string, Found>();
  for (const [path, item] of Object.entries(root['paths'] as Record<string, Json>)) {
    for (const method of METHODS) {
      const node = item[method];
      if (!isObject(node) || typeof node['operationId'] !== 'string') continue;
      const id = node['operationId'];
      const at = `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`;
      if (found.has(id)) throw documentError(file, [{ path: `${at}/operationId`, got: id, expected: 'an id that no other operation has' }]);
      found.set(id, { id, method, path, at, node, item });
    }
  }
  let problems: DocumentProblem[] = [];
  const reader = createReader(root, (problem) => problems.push(problem));
  return {
    file,
    operationIds: [...found.keys()],
    operation: (id) => {
      const place = found.get(id);
      if (place === undefined) return null;
      problems = [];
      const operation = operationOf(reader, place);
      if (problems.length > 0) throw documentError(file, problems);
      return operation;
    },
  };
}

function createReader(root: Json, problem: (problem: DocumentProblem) => void): Reader {
  const resolved: Reader['resolved'] = (value, at) => {
    let current = value;
    for (let hops = 0; hops < REFS_MAX; hops += 1) {
      if (!isObject(current)) return null;
      const ref = current['$ref'];
      if (typeof ref !== 'string') return current;
      current = ref.startsWith('#/') ? valueAt(root, ref.slice(1)) : undefined;
      if (current === undefined) {
        problem({ path: `${at}/$ref`, got: ref, expected: 'a reference to a place in this document' });
        return null;
      }
    }
    problem({ path: `${at}/$ref`, got: 'a circle', expected: 'references that end' });
    return null;
  };
  const version = String(root['openapi']);
  const dialects = { request: dialectOf(version, 'request'), response: dialectOf(version, 'response') };
  const components = { request: dialects.request(root['components'] ?? {}), response: dialects.response(root['components'] ?? {}) };
  const compiled: Reader['compiled'] = (schema, { direction, at, text = false }) => {
    // A schema of a vendor may hold keywords of its own, and patterns that Unicode mode refuses.
    const ajv = new Ajv2020({ strict: false, logger: false, unicodeRegExp: false, coerceTypes: text, validateSchema: false });
    formats.default(ajv);
    const bundle = {
      type: 'object',
      required: ['value'],
      properties: { value: dialects[direction](schema) },
      components: components[direction],
    };
    try {
      return checkOf(ajv.compile(bundle as SchemaObject));
    } catch (error) {
      problem({ path: at, got: error instanceof Error ? error.message : String(error), expected: 'a schema that can be compiled' });
      return fits;
    }
  };
  return { resolved, compiled };
}

function checkOf(matches: ValidateFunction): Check {
  return (value) => {
    if (matches({ value })) return null;
    const [first]: readonly (ErrorObject | undefined)[] = matches.errors ?? [];
    const place = (first?.instancePath ?? '').slice('/value'.length);
    return `${place === '' ? '(all of it)' : place} ${first?.message ?? 'is not as described'}`;
  };
}

function operationOf(reader: Reader, { id, method, path, at, node, item }: Found): Operation {
  const lists = [item['parameters'], node['parameters']].flatMap((list) => (Array.isArray(list) ? (list as readonly unknown[]) : []));
  const parameters = new Map(
    lists.flatMap((entry, index) => {
      const parameter = parameterOf(reader, entry, `${at}/parameters/${index}`);
      return parameter === null ? [] : [[`${parameter.in} ${parameter.name}`, parameter] as const];
    }),
  );
  const body = reader.resolved(node['requestBody'], `${at}/requestBody`);
  const content = body === null ? null : jsonContent(body);
  const schema = content === null ? null : content.schema;
  return {
    id,
    method: method.toUpperCase(),
    path,
    parameters: [...parameters.values()],
    body:
      content === null
        ? null
        : { contentType: content.type, check: reader.compiled(schema, { direction: 'request', at: `${at}/requestBody` }) },
    answer: answersOf(reader, node, at),
  };
}

function parameterOf(reader: Reader, entry: unknown, at: string): Parameter | null {
  const node = reader.resolved(entry, at);
  const place = node?.['in'];
  const name = node?.['name'];
  if (node === null || typeof name !== 'string' || (place !== 'path' && place !== 'query' && place !== 'header')) return null;
  const check = reader.compiled(node['schema'] ?? {}, { direction: 'request', at: `${at}/schema`, text: true });
  return {
    in: place,
    name: place === 'header' ? name.toLowerCase() : name,
    required: place === 'path' || node['required'] === true,
    check,
  };
}

/** The JSON variant of a body; null when there is none. */
function jsonContent(node: Json): { readonly type: string; readonly schema: unknown } | null {
  const content = isObject(node['content']) ? node['content'] : {};
  const type = Object.keys(content).find((name) => /^application\/(?:[\w.-]+\+)?json\b/.test(name));
  if (type === undefined) return null;
  const media = content[type];
  return { type, schema: (isObject(media) ? media['schema'] : undefined) ?? {} };
}

/** By exact status, then by range (`2XX`), then `default` (OpenAPI 3.1, section 4.8.16). */
function answersOf(reader: Reader, node: Json, at: string): Operation['answer'] {
  const described = isObject(node['responses']) ? node['responses'] : {};
  const checks = new Map(
    Object.entries(described).map(([status, entry]) => {
      const where = `${at}/responses/${status}`;
      const answer = reader.resolved(entry, where);
      const content = answer === null ? null : jsonContent(answer);
      return [
        status.toUpperCase(),
        content === null ? fits : reader.compiled(content.schema, { direction: 'response', at: where }),
      ] as const;
    }),
  );
  return (status) => checks.get(String(status)) ?? checks.get(`${Math.floor(status / 100)}XX`) ?? checks.get('DEFAULT') ?? 'undescribed';
}
