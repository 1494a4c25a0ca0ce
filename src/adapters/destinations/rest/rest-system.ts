import type { RecordKind } from '../../../domain/writeback/intent.ts';
import { documentError, type DocumentProblem } from '../http/config-document.ts';
import { overlappingPointer } from '../http/json-pointer.ts';
import { strangePlaceholders, wholePlaceholder, type Placeholder } from '../http/mapping.ts';
import { readOpenApi, type OpenApi, type Operation, type Parameter } from './openapi.ts';
import {
  PLACES,
  readRestMapping,
  type CreateUse,
  type FreeSlotsUse,
  type LookupUse,
  type OperationUse,
  type Place,
  type RestMapping,
  type RestRecord,
} from './rest-mapping.ts';
import { formed } from './rest-slots.ts';

/** A use together with the operation that it uses. */
export interface Bound<U extends OperationUse> {
  readonly use: U;
  readonly operation: Operation;
}

export interface BoundRecord {
  readonly rules: RestRecord;
  readonly create: Bound<CreateUse>;
  readonly readBack: Bound<LookupUse> | null;
  readonly find: Bound<LookupUse> | null;
  readonly cancel: Bound<OperationUse> | null;
}

/** A system as its two documents describe it, checked against each other. */
export interface RestSystem {
  readonly mapping: RestMapping;
  readonly records: ReadonlyMap<RecordKind, BoundRecord>;
  readonly check: Bound<OperationUse> | null;
  /** Null when the system cannot be asked for free slots. */
  readonly freeSlots: Bound<FreeSlotsUse> | null;
}

interface Binder {
  readonly mapping: RestMapping;
  readonly openapi: OpenApi;
  readonly problem: (path: string, got: unknown, expected: string) => void;
}

/** Reads the mapping document of a system and the OpenAPI document it names. Throws `config_unreadable` or `config_invalid`. */
export function readRestSystem(file: string): RestSystem {
  const mapping = readRestMapping(file);
  const problems: DocumentProblem[] = [];
  const problem: Binder['problem'] = (path, got, expected) => problems.push({ path, got, expected });
  const binder: Binder = { mapping, openapi: readOpenApi(mapping.openapi), problem };
  checkPromises(binder);
  const records = new Map<RecordKind, BoundRecord>();
  for (const [kind, rules] of Object.entries(mapping.records) as [RecordKind, RestRecord][]) {
    const bound = bindRecord(binder, kind, rules);
    if (bound !== null) records.set(kind, bound);
  }
  const check = bind(binder, mapping.check, '/check');
  const freeSlots = mapping.freeSlots === undefined ? null : bindFreeSlots(binder, mapping.freeSlots);
  if (problems.length > 0) throw documentError(file, problems);
  return { mapping, records, check, freeSlots };
}

/** What the mapping says about repeats must be borne out by what it describes. */
function checkPromises({ mapping, problem }: Binder): void {
  const { idempotence, idempotencyKey, mode, records } = mapping;
  const honoured = idempotencyKey?.honoured === true;
  if (idempotence === 'native_key' && !honoured) problem('/idempotencyKey/honoured', idempotencyKey?.honoured, 'true with native_key');
  if (mode === 'webhook' && idempotence !== (honoured ? 'native_key' : 'none'))
    problem(
      '/idempotence',
      idempotence,
      honoured ? 'native_key: the receiver honours our key' : 'none: the receiver does not honour our key',
    );
  for (const [kind, { readBack }] of Object.entries(records)) {
    const at = `/records/${kind}/readBack`;
    if (mode === 'webhook') {
      if (readBack !== undefined) problem(at, readBack.operation, 'nothing in a webhook');
    } else if (readBack === undefined && idempotence !== 'native_key' && idempotence !== 'none')
      problem(at, undefined, `a value with ${idempotence}`);
    else if (readBack !== undefined && idempotence === 'none')
      problem('/idempotence', idempotence, 'search_then_create, since records can be read back');
  }
}

function bindRecord(binder: Binder, kind: RecordKind, rules: RestRecord): BoundRecord | null {
  const { mapping, problem } = binder;
  const at = `/records/${kind}`;
  for (const name of strangePlaceholders(Object.values(rules.fields)))
    problem(`${at}/fields`, `{${name}}`, 'a placeholder of docs/REST.md');
  checkBody(binder, rules, at);
  if (rules.find !== undefined) {
    const missing = kind === 'contact' || kind === 'booking' ? missingForFind(rules, kind) : 'a contact or a booking';
    if (missing !== null) problem(`${at}/find`, rules.find.operation, `${missing} alone in a field`);
    if (rules.find.phone === undefined) problem(`${at}/find/phone`, undefined, 'a value');
  }
  if (rules.readBack !== undefined && rules.readBack.key === undefined) problem(`${at}/readBack/key`, undefined, 'a value');
  if (rules.cancel !== undefined && rules.cancel.key === undefined && rules.cancel.remoteId === undefined)
    problem(`${at}/cancel/key`, undefined, 'a value here or in remoteId');
  const create = bind(binder, rules.create, `${at}/create`);
  const cancel = bind(binder, rules.cancel, `${at}/cancel`);
  if (mapping.mode === 'webhook') {
    if (rules.create.keyAt === undefined) problem(`${at}/create/keyAt`, undefined, 'where the receiver returns our key');
    if (rules.create.key.in !== 'body') problem(`${at}/create/key/in`, rules.create.key.in, 'body, which the signature covers');
    for (const [name, bound] of Object.entries({ create, cancel }))
      if (bound !== null && bound.operation.method !== 'POST')
        problem(`${at}/${name}/operation`, bound.operation.method, 'a POST in a webhook');
  }
  const readBack = bind(binder, rules.readBack, `${at}/readBack`);
  const find = bind(binder, rules.find, `${at}/find`);
  return create === null ? null : { rules, create, readBack, find, cancel };
}

/** A placeholder that must stand alone in a field before records of a kind can be read without knowing them; null when all do. */
function missingForFind(rules: RestRecord, kind: RecordKind): string | null {
  const whole = new Set(Object.values(rules.fields).map(wholePlaceholder));
  const booking: readonly (readonly Placeholder[])[] = [
    ['start', 'startUtc', 'startUtcNoZone'],
    ['minutes', 'endUtc', 'endUtcNoZone'],
    ['service'],
    ['serviceName'],
  ];
  const asked: readonly (readonly Placeholder[])[] = [['name', 'familyName'], ['phone'], ...(kind === 'booking' ? booking : [])];
  const missing = asked.find((names) => !names.some((name) => whole.has(name)));
  return missing === undefined ? null : missing.map((name) => `{${name}}`).join(' or ');
}

/** All places of one request body must be able to stand side by side. */
function checkBody({ problem }: Binder, { fields, digestField, create }: RestRecord, at: string): void {
  const places: readonly (Place | undefined)[] = [create.key, ...(create.fixed ?? [])];
  const pointers = [
    ...[...Object.keys(fields), ...(digestField === undefined ? [] : [digestField])].map((pointer) => `${create.bodyAt ?? ''}${pointer}`),
    ...places.flatMap((place) => (place?.in === 'body' ? [place.pointer] : [])),
  ];
  const overlapping = overlappingPointer(pointers);
  if (overlapping !== null) problem(`${at}/create`, overlapping, 'each place of the body once');
}

/** Any day will do to find out whether a parameter takes the form in which days are written. */
const SAMPLE_DAY = { day: '2026-03-05', epochMs: Date.parse('2026-03-05T00:00:00Z') };

function bindFreeSlots(binder: Binder, rules: FreeSlotsUse): Bound<FreeSlotsUse> | null {
  const { mapping, problem } = binder;
  const at = '/freeSlots';
  const bound = bind(binder, rules, at);
  if (mapping.mode === 'webhook') problem(at, rules.operation, 'nothing in a webhook');
  else if (mapping.records.booking === undefined) problem(at, rules.operation, 'a booking among the records');
  if (rules.minutesField !== undefined && rules.endField !== undefined)
    problem(`${at}/endField`, rules.endField, 'nothing beside minutesField');
  const places: readonly (Place | undefined)[] = [rules.service, rules.from, rules.to, ...(rules.fixed ?? [])];
  const overlapping = overlappingPointer(places.flatMap((place) => (place?.in === 'body' ? [place.pointer] : [])));
  if (overlapping !== null) problem(at, overlapping, 'each place of the body once');
  const check = (place: Place | undefined, value: string, path: string): void => {
    const reason = bound === null || place === undefined ? null : parameterAt(bound.operation, place)?.check(value);
    if (typeof reason === 'string') problem(path, value, `what the parameter takes: ${reason}`);
  };
  for (const name of ['from', 'to'] as const) check(rules[name], formed(rules[name].form, SAMPLE_DAY, 'UTC'), `${at}/${name}/form`);
  for (const [id, code] of Object.entries(rules.service?.choices ?? {})) check(rules.service, code, `${at}/service/choices/${id}`);
  return bound;
}

/** The parameter of a place; undefined when the operation has none, and for a place in the body. */
function parameterAt({ parameters }: Operation, place: Place): Parameter | undefined {
  if (place.in === 'body') return undefined;
  const name = place.in === 'header' ? place.name.toLowerCase() : place.name;
  return parameters.find((parameter) => parameter.in === place.in && parameter.name === name);
}

function bind<U extends OperationUse>({ mapping, openapi, problem }: Binder, use: U | undefined, at: string): Bound<U> | null {
  if (use === undefined) return null;
  const operation = openapi.operation(use.operation);
  if (operation === null) {
    problem(`${at}/operation`, use.operation, `one of ${openapi.operationIds.join(', ')}`);
    return null;
  }
  const placed = PLACES.flatMap((name) => {
    const place = use[name];
    return place === undefined ? [] : [{ place, path: `${at}/${name}` }];
  });
  const fixed = (use.fixed ?? []).map((place, index) => ({ place, path: `${at}/fixed/${index}` }));
  const given = new Set<string>();
  const header = mapping.idempotencyKey?.header.toLowerCase();
  if (header !== undefined) given.add(`header ${header}`);
  for (const { place, path } of [...placed, ...fixed]) {
    if (place.in === 'body') {
      if (operation.body === null) problem(path, 'body', `a place that ${operation.id} has; it takes no JSON body`);
      continue;
    }
    const name = place.in === 'header' ? place.name.toLowerCase() : place.name;
    given.add(`${place.in} ${name}`);
    if (parameterAt(operation, place) === undefined) problem(`${path}/name`, place.name, `a ${place.in} parameter of ${operation.id}`);
  }
  for (const parameter of operation.parameters)
    if (parameter.required && !given.has(`${parameter.in} ${parameter.name}`))
      problem(at, undefined, `a value for the ${parameter.in} parameter ${parameter.name} of ${operation.id}`);
  for (const status of use.success.statuses)
    if (operation.answer(status) === 'undescribed') problem(`${at}/success/statuses`, status, `a status that ${operation.id} describes`);
  return { use, operation };
}
