import type { SchemaObject } from 'ajv/dist/2020.js';
import { AUTH_SCHEMA, type AccessRules } from '../http/access.ts';
import { documentError, readConfigDocument, type DocumentProblem } from '../http/config-document.ts';
import { overlappingPointer, POINTER_PATTERN } from '../http/json-pointer.ts';
import { OUTCOME_SCHEMA, SUCCESS_SCHEMA, type OutcomeTable, type Success } from '../http/outcome.ts';
import type { Rate } from '../http/token-bucket.ts';

/** Placeholders of templates: our key, the recipient in E.164 with and without its plus, the text, and the gateway's id of a message. */
export const SMS_PLACEHOLDERS = ['key', 'to', 'toDigits', 'text', 'id'] as const;
export type SmsPlaceholder = (typeof SMS_PLACEHOLDERS)[number];

type Scalar = string | number | boolean;

/** How a message is sent. */
export interface SmsSend {
  readonly method: 'POST' | 'PUT';
  /** Added to the gateway's url. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body: JSON by pointers, or a form by names. */
  readonly json?: Readonly<Record<string, Scalar>>;
  readonly form?: Readonly<Record<string, Scalar>>;
  readonly success: Success;
  /** Where the gateway's id of the message stands in the answer. */
  readonly idAt: string;
  /** Where our key must stand in the answer, or the answer is not believed. */
  readonly keyAt?: string;
  readonly outcomes?: OutcomeTable;
}

/** How a message is looked for: by `{key}`, or by the `{id}` that the gateway gave. */
export interface SmsStatus {
  readonly path: string;
  readonly success: Success;
  readonly absent?: readonly number[];
  /** Where a list of messages stands; the answer is one message when absent. */
  readonly recordsAt?: string;
  /** In a message. */
  readonly keyAt?: string;
  readonly idAt: string;
  readonly toAt?: string;
  readonly textAt?: string;
  readonly stateAt: string;
  readonly delivered: readonly string[];
  readonly failed: readonly string[];
  /** True: only what was delivered counts as confirmed; false: what the gateway took does. */
  readonly waitForDelivery: boolean;
}

/** A text message gateway that speaks HTTP. `docs/REST.md` explains every key. */
export interface SmsMapping extends AccessRules {
  readonly version: 1;
  readonly destination: string;
  readonly rate: Rate | null;
  readonly maxInflightMs: number;
  readonly visibilityDelayMs: number;
  /** The gateway promises to send once per key. */
  readonly honoursKey: boolean;
  readonly send: SmsSend;
  readonly status?: SmsStatus;
}

const pointer = { type: 'string', pattern: POINTER_PATTERN } as const;
const text = { type: 'string', minLength: 1 } as const;
const scalar = { type: ['string', 'number', 'boolean'] } as const;
const words = { type: 'array', items: text } as const;
const ms = { type: 'integer', minimum: 0, maximum: 3_600_000 } as const;

const SMS_MAPPING_SCHEMA: SchemaObject = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'destination', 'auth', 'signed', 'rate', 'honoursKey', 'send'],
  properties: {
    version: { const: 1 },
    destination: { type: 'string', pattern: '^[a-z0-9-]+$' },
    auth: AUTH_SCHEMA,
    signed: { type: 'boolean' },
    rate: {
      type: ['object', 'null'],
      additionalProperties: false,
      required: ['requestsPerSecond', 'burst'],
      properties: { requestsPerSecond: { type: 'number', exclusiveMinimum: 0 }, burst: { type: 'integer', minimum: 1 } },
    },
    maxInflightMs: ms,
    visibilityDelayMs: ms,
    honoursKey: { type: 'boolean' },
    send: {
      type: 'object',
      additionalProperties: false,
      required: ['method', 'path', 'success', 'idAt'],
      properties: {
        method: { enum: ['POST', 'PUT'] },
        path: text,
        headers: { type: 'object', propertyNames: { pattern: '^[A-Za-z0-9-]+$' }, additionalProperties: text },
        json: { type: 'object', minProperties: 1, propertyNames: { pattern: POINTER_PATTERN }, additionalProperties: scalar },
        form: { type: 'object', minProperties: 1, additionalProperties: scalar },
        success: SUCCESS_SCHEMA,
        idAt: pointer,
        keyAt: pointer,
        outcomes: OUTCOME_SCHEMA,
      },
    },
    status: {
      type: 'object',
      additionalProperties: false,
      required: ['path', 'success', 'idAt', 'stateAt', 'delivered', 'failed', 'waitForDelivery'],
      properties: {
        path: text,
        success: SUCCESS_SCHEMA,
        absent: { type: 'array', items: { type: 'integer' } },
        recordsAt: pointer,
        keyAt: pointer,
        idAt: pointer,
        toAt: pointer,
        textAt: pointer,
        stateAt: pointer,
        delivered: words,
        failed: words,
        waitForDelivery: { type: 'boolean' },
      },
    },
  },
};

/** Time for which a request may still take effect after its connection is gone, where the mapping names none. */
const MAX_INFLIGHT_MS = 20_000;
const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;
const known: ReadonlySet<string> = new Set(SMS_PLACEHOLDERS);

/** True when the messages of a gateway can be looked for by our key. */
export const isSearchable = ({ status }: SmsMapping): boolean => status?.path.includes('{key}') === true;

/** Reads the mapping document of a gateway. Throws `config_unreadable`, or `config_invalid` naming path, got and expected. */
export function readSmsMapping(file: string): SmsMapping {
  const raw = readConfigDocument(file, SMS_MAPPING_SCHEMA) as SmsMapping;
  const defaults = { maxInflightMs: MAX_INFLIGHT_MS, visibilityDelayMs: 0 };
  const mapping: SmsMapping = { ...defaults, ...raw };
  const problems: DocumentProblem[] = [];
  const { send, status } = mapping;
  if ((send.json === undefined) === (send.form === undefined))
    problems.push({ path: '/send', got: undefined, expected: 'either json or form' });
  const overlapping = overlappingPointer(Object.keys(send.json ?? {}));
  if (overlapping !== null) problems.push({ path: '/send/json', got: overlapping, expected: 'each place of the body once' });
  const templates: readonly (readonly [string, unknown])[] = [
    ['/send/path', send.path],
    ...Object.entries(send.headers ?? {}).map(([name, template]) => [`/send/headers/${name}`, template] as const),
    ...Object.values({ ...send.json, ...send.form }).map((template) => ['/send', template] as const),
    ['/status/path', status?.path ?? ''],
  ];
  for (const [path, template] of templates)
    for (const [, name = ''] of String(template).matchAll(PLACEHOLDER))
      if (!known.has(name)) problems.push({ path, got: `{${name}}`, expected: `one of ${SMS_PLACEHOLDERS.join(', ')}` });
  if (status !== undefined && !/\{(?:key|id)\}/.test(status.path))
    problems.push({ path: '/status/path', got: status.path, expected: '{key} or {id} in it' });
  if (isSearchable(mapping) && status?.keyAt === undefined)
    problems.push({ path: '/status/keyAt', got: undefined, expected: 'where our key stands in a message that is found by it' });
  if (problems.length > 0) throw documentError(file, problems);
  return mapping;
}

/** Fills a template in; a value that is no text stays what it is. */
export function filled<T extends Scalar>(
  template: T,
  values: Readonly<Partial<Record<SmsPlaceholder, string>>>,
  encode = (value: string): string => value,
): T | string {
  if (typeof template !== 'string') return template;
  return template.replaceAll(PLACEHOLDER, (_all, name: SmsPlaceholder) => encode(values[name] ?? ''));
}
