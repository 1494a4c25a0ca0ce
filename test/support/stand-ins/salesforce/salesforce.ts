import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest, type RequestShapes } from '../json-server.ts';
import { EXTERNAL_ID, OBJECTS, REQUEST_SHAPES, type FieldError } from './objects.ts';
import { createOrg, type Org, type OrgRecord } from './org.ts';
import { createTokenEndpoint, type ClientApp, type TokenEndpoint } from './token-endpoint.ts';

/**
 * Stands for one Salesforce org with the REST API: tokens by the JWT bearer flow, sObject Rows by External ID (300 for a key that several
 * records carry), DELETE by id with the bin, describe, SOQL by one field and a start time, duplicate rules, a unique key field that
 * refuses the second of two inserts at once, the limit of requests in 24 hours. Leaves out sharing, validation rules and automation,
 * composite resources, and every field that no test needs.
 */
export interface SalesforceStandIn {
  readonly port: number;
  readonly org: Org;
  readonly tokens: TokenEndpoint;
  /** Requests of 24 hours that were used and that there are. */
  readonly usage: { used: number; limit: number };
  /** Headers of duplicate rules that came with upserts. */
  readonly duplicateRuleHeaders: (string | undefined)[];
  /** While true, records are locked by someone else's transaction. */
  isLocked: boolean;
  /** Throws when a request did not have the published shape. */
  close(): Promise<void>;
}

const errors = (status: number, errorCode: string, message: string, fields: readonly string[] = []): JsonAnswer => ({
  status,
  body: [{ message, errorCode, fields }],
});
const notFound = errors(404, 'NOT_FOUND', 'The requested resource does not exist');

interface State {
  readonly org: Org;
  readonly duplicateRuleHeaders: (string | undefined)[];
  readonly shapes: RequestShapes;
  readonly version: string;
  isLocked: boolean;
}

const urlOf = ({ version }: State, { object, Id }: OrgRecord): string => `/services/data/${version}/sobjects/${object}/${Id}`;

function rowOf(state: State, record: OrgRecord, names: readonly string[]): Readonly<Record<string, unknown>> {
  const system: Readonly<Record<string, unknown>> = { Id: record.Id, CreatedById: record.createdBy, LastModifiedById: record.modifiedBy };
  const fields = names.map((name) => [name, system[name] ?? record.values[name] ?? null]);
  return { attributes: { type: record.object, url: urlOf(state, record) }, ...Object.fromEntries(fields) };
}

const unknownField = (object: string, names: readonly string[]): string | undefined =>
  names.find((name) => !['Id', 'CreatedById', 'LastModifiedById'].includes(name) && !(name in (OBJECTS[object]?.fields ?? {})));

async function upsert(state: State, object: string, key: string, request: JsonRequest): Promise<JsonAnswer> {
  if (request.headers['content-type'] !== 'application/json') return errors(415, 'UNSUPPORTED_MEDIA_TYPE', 'unsupported content type');
  const rules = request.headers['sforce-duplicate-rule-header'];
  state.duplicateRuleHeaders.push(typeof rules === 'string' ? rules : undefined);
  const wrong = state.shapes.problemOf('upsert', request.body);
  if (wrong !== null) return errors(400, 'JSON_PARSER_ERROR', wrong);
  if (state.isLocked) return errors(400, 'UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record');
  const result = await state.org.upsert(object, key, request.body as Readonly<Record<string, unknown>>);
  if ('several' in result) return { status: 300, body: result.several.map((record) => urlOf(state, record)) };
  if ('errorCode' in result) return refusal(result);
  return { status: result.created ? 201 : 200, body: { id: result.id, success: true, errors: [], created: result.created } };
}

const refusal = ({ errorCode, message, fields }: FieldError): JsonAnswer => errors(400, errorCode, message, fields);

function read(state: State, object: string, key: string, query: URLSearchParams): JsonAnswer {
  const names = (query.get('fields') ?? '').split(',');
  const unknown = unknownField(object, names);
  if (unknown !== undefined) return errors(400, 'INVALID_FIELD', `No such column '${unknown}' on entity '${object}'`);
  const matches = state.org.byKey(object, key);
  const [match] = matches;
  if (match === undefined) return notFound;
  if (matches.length > 1) return { status: 300, body: matches.map((record) => urlOf(state, record)) };
  return { status: 200, body: rowOf(state, match, names) };
}

function remove(state: State, id: string): JsonAnswer {
  const record = state.org.byId(id);
  if (record === undefined) return notFound;
  if (record.isDeleted) return errors(404, 'ENTITY_IS_DELETED', 'entity is deleted');
  record.isDeleted = true;
  return { status: 204, body: null };
}

const describeObject = ({ org }: State, object: string): JsonAnswer => ({
  status: 200,
  body: {
    name: object,
    fields: Object.entries(OBJECTS[object]?.fields ?? {}).map(([name, { type }]) => ({
      name,
      type,
      externalId: name === EXTERNAL_ID,
      unique: name === EXTERNAL_ID && org.isKeyUnique,
    })),
  },
});

const SOQL = /^SELECT ([\w,]+) FROM (\w+) WHERE (\w+) = '((?:\\.|[^'\\])*)'(?: AND (\w+) >= (\d{4}-\d{2}-\d{2}T[\d:.]+Z))? LIMIT (\d+)$/;

function query(state: State, soql: string): JsonAnswer {
  const [, select = '', object = '', field = '', literal = '', startField, from = '', limit] = SOQL.exec(soql) ?? [];
  const names = select.split(',');
  if (state.shapes.problemOf('query', soql) !== null || limit === undefined || unknownField(object, [...names, field]) !== undefined)
    return errors(400, 'MALFORMED_QUERY', 'unexpected token');
  const wanted = literal.replaceAll(/\\(.)/g, '$1');
  const isLater = (values: OrgRecord['values']): boolean =>
    startField === undefined || Date.parse(values[startField] ?? '') >= Date.parse(from);
  const found = state.org.where(object, (values) => values[field] === wanted && isLater(values)).slice(0, Number(limit));
  return { status: 200, body: { totalSize: found.length, done: true, records: found.map((record) => rowOf(state, record, names)) } };
}

async function route(state: State, request: JsonRequest): Promise<JsonAnswer> {
  const [, resource, object = '', field, key] =
    /^\/services\/data\/v\d+\.\d\/(\w+)(?:\/(\w+)(?:\/(\w+)(?:\/([^/]+))?)?)?$/.exec(request.url.pathname) ?? [];
  if (resource === 'query' && request.method === 'GET') return query(state, request.url.searchParams.get('q') ?? '');
  if (resource !== 'sobjects' || !(object in OBJECTS)) return notFound;
  if (field === 'describe' && request.method === 'GET') return describeObject(state, object);
  if (field !== undefined && key === undefined && request.method === 'DELETE') return remove(state, field);
  if (field !== EXTERNAL_ID || key === undefined) return notFound;
  const value = decodeURIComponent(key);
  if (request.method === 'PATCH') return upsert(state, object, value, request);
  return request.method === 'GET' ? read(state, object, value, request.url.searchParams) : errors(405, 'METHOD_NOT_ALLOWED', 'not allowed');
}

/** Starts an org with one approved client app. */
export async function createSalesforceStandIn(app: ClientApp): Promise<SalesforceStandIn> {
  const shapes = createRequestShapes(REQUEST_SHAPES);
  const tokens = createTokenEndpoint(app, shapes);
  const usage = { used: 0, limit: 100_000 };
  const state: State = { org: createOrg(), duplicateRuleHeaders: [], shapes, version: 'v64.0', isLocked: false };
  const server = await startJsonServer(async (request) => {
    if (request.url.pathname === '/services/oauth2/token' && request.method === 'POST')
      return tokens.answer(new URLSearchParams(request.text));
    if (!tokens.isLive(request.headers['authorization'])) return errors(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
    if (usage.used >= usage.limit) return errors(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
    usage.used += 1;
    const answer = await route(state, request);
    return { ...answer, headers: { 'sforce-limit-info': `api-usage=${usage.used}/${usage.limit}` } };
  });
  return {
    port: server.port,
    org: state.org,
    tokens,
    usage,
    duplicateRuleHeaders: state.duplicateRuleHeaders,
    get isLocked() {
      return state.isLocked;
    },
    set isLocked(value) {
      state.isLocked = value;
    },
    close: async () => {
      await server.close();
      const violations = shapes.violations();
      if (violations.length > 0) throw new Error(`requests that Salesforce does not know: ${violations.join('; ')}`);
    },
  };
}
