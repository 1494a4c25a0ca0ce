import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';
import { createAccount, type Account, type AccountObject } from './account.ts';
import { REQUEST_SHAPES, TYPES, UNIQUE } from './objects.ts';

/** A refusal that the next requests get, as the account's limits would. */
export interface Throttle {
  readonly policyName: string;
  /** Absent as it may be in real answers. */
  readonly retryAfterSeconds?: number;
}

/**
 * Stands for one HubSpot account: batch upsert and batch read by a unique property with errors per item (207), search over an index that
 * lags behind, archiving, default associations, the list of properties, a private app's token, 429 with the name of the policy. Leaves
 * out merging, property history, search by words, and every property that no test needs. Whether an archived object keeps its unique
 * value is not documented, so that it can be both here.
 */
export interface HubspotStandIn {
  readonly port: number;
  readonly account: Account;
  /** Token of the private app. */
  token: string;
  throttle: Throttle | null;
  /** Associations as `meetings/101-contacts/102`. */
  readonly associations: Set<string>;
  /** While true, associations fail. */
  associationsFail: boolean;
  /** Method and path of requests so far. */
  readonly requests: string[];
  /** Throws when a request did not have the published shape. */
  close(): Promise<void>;
}

const refusal = (status: number, category: string, message: string, more: Readonly<Record<string, unknown>> = {}): JsonAnswer => ({
  status,
  body: { status: 'error', message, correlationId: '5f2e8a6c-0000-4000-8000-000000000001', category, ...more },
});

const times = { startedAt: '2026-11-20T09:00:00.000Z', completedAt: '2026-11-20T09:00:00.010Z' };
const stamps = { createdAt: '2026-11-20T09:00:00.000Z', updatedAt: '2026-11-20T09:00:00.000Z' };

function shown({ id, properties, isArchived }: AccountObject, names: readonly string[]): Readonly<Record<string, unknown>> {
  const asked = Object.fromEntries(names.map((name) => [name, properties[name] ?? null]));
  return { id, properties: { ...asked, hs_object_id: id }, archived: isArchived, ...stamps };
}

interface Handled {
  readonly account: Account;
  readonly type: string;
}

interface UpsertRequest {
  readonly inputs: readonly {
    readonly id: string;
    readonly idProperty?: string;
    readonly objectWriteTraceId?: string;
    readonly properties: Readonly<Record<string, string>>;
  }[];
}

function upsert({ account, type }: Handled, { inputs }: UpsertRequest): JsonAnswer {
  if (inputs.some(({ idProperty }) => idProperty !== UNIQUE))
    return refusal(400, 'VALIDATION_ERROR', `Unable to perform update/upsert by non-unique ${type} property`);
  const outcomes = inputs.map(({ id, properties, objectWriteTraceId }) => ({
    trace: objectWriteTraceId,
    outcome: account.upsert(type, id, properties),
  }));
  const results = outcomes.flatMap(({ outcome }) =>
    'object' in outcome ? [{ ...shown(outcome.object, Object.keys(outcome.object.properties)), new: outcome.isNew }] : [],
  );
  const errors = outcomes.flatMap(({ trace, outcome }) =>
    'object' in outcome
      ? []
      : [{ ...outcome, context: { ...outcome.context, ...(trace === undefined ? {} : { objectWriteTraceId: [trace] }) } }],
  );
  if (errors.some(({ category }) => category === 'CONFLICT')) return refusal(409, 'CONFLICT', 'Property values conflict');
  const more = errors.length === 0 ? {} : { errors, numErrors: errors.length };
  return { status: errors.length === 0 ? 200 : 207, body: { status: 'COMPLETE', results, ...times, ...more } };
}

interface ReadRequest {
  readonly idProperty?: string;
  readonly inputs: readonly { readonly id: string }[];
  readonly properties: readonly string[];
}

function batchRead({ account, type }: Handled, { idProperty, inputs, properties }: ReadRequest): JsonAnswer {
  const found = inputs.map(({ id }) => ({ id, object: idProperty === UNIQUE ? account.byKey(type, id) : account.byId(type, id) }));
  const results = found.flatMap(({ object }) => (object === undefined || object.isArchived ? [] : [shown(object, properties)]));
  const missing = found.filter(({ object }) => object === undefined || object.isArchived).map(({ id }) => id);
  const message = `Could not get some ${type.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`;
  const errors = [{ status: 'error', category: 'OBJECT_NOT_FOUND', message, context: { ids: missing } }];
  const more = missing.length === 0 ? {} : { errors, numErrors: 1 };
  return { status: missing.length === 0 ? 200 : 207, body: { status: 'COMPLETE', results, ...times, ...more } };
}

interface SearchRequest {
  readonly filterGroups: readonly {
    readonly filters: readonly { readonly propertyName: string; readonly operator: string; readonly value: string }[];
  }[];
  readonly properties: readonly string[];
  readonly limit: number;
}

function search({ account, type }: Handled, { filterGroups, properties, limit }: SearchRequest): JsonAnswer {
  const momentOf = (value: string): number => (/^\d+$/.test(value) ? Number(value) : Date.parse(value));
  const found = account.indexed(type).filter(
    (object) =>
      !object.isArchived &&
      filterGroups.some(({ filters }) =>
        filters.every(({ propertyName, operator, value }) => {
          const held = object.properties[propertyName] ?? '';
          return operator === 'EQ' ? held === value : momentOf(held) >= momentOf(value);
        }),
      ),
  );
  return { status: 200, body: { total: found.length, results: found.slice(0, limit).map((object) => shown(object, properties)) } };
}

const properties = (type: string): JsonAnswer => ({
  status: 200,
  body: {
    results: Object.keys(TYPES[type] ?? {}).map((name) => ({
      name,
      label: name,
      type: 'string',
      fieldType: 'text',
      hasUniqueValue: name === UNIQUE,
    })),
  },
});

function archive({ account, type }: Handled, id: string): JsonAnswer {
  const object = account.byId(type, id);
  if (object === undefined) return refusal(404, 'OBJECT_NOT_FOUND', 'Object not found');
  object.isArchived = true;
  return { status: 204, body: null };
}

/** Starts an account with a private app. */
export async function createHubspotStandIn(): Promise<HubspotStandIn> {
  const account = createAccount();
  const shapes = createRequestShapes(REQUEST_SHAPES);
  const associations = new Set<string>();
  const requests: string[] = [];
  const state: { token: string; throttle: Throttle | null; associationsFail: boolean } = {
    token: 'pat-eu1-stand-in',
    throttle: null,
    associationsFail: false,
  };
  const checked = (shape: keyof typeof REQUEST_SHAPES, { body }: JsonRequest, work: () => JsonAnswer): JsonAnswer => {
    const wrong = shapes.problemOf(shape, body);
    return wrong === null ? work() : refusal(400, 'VALIDATION_ERROR', `Invalid input JSON: ${wrong}`);
  };
  const objects = (type: string, rest: string, request: JsonRequest): JsonAnswer => {
    const handled = { account, type };
    if (request.method === 'DELETE') return archive(handled, rest);
    if (request.method !== 'POST') return refusal(405, 'METHOD_NOT_ALLOWED', 'not allowed');
    const { body } = request;
    if (rest === 'batch/upsert') return checked('upsert', request, () => upsert(handled, body as UpsertRequest));
    if (rest === 'batch/read') return checked('read', request, () => batchRead(handled, body as ReadRequest));
    if (rest === 'search') return checked('search', request, () => search(handled, body as SearchRequest));
    return refusal(404, 'OBJECT_NOT_FOUND', 'resource not found');
  };
  const route = (request: JsonRequest): JsonAnswer => {
    const [, type = '', rest = ''] = /^\/crm\/v3\/objects\/(\w+)\/([\w/]+)$/.exec(request.url.pathname) ?? [];
    if (type in TYPES) return objects(type, rest, request);
    const [, described = ''] = /^\/crm\/v3\/properties\/(\w+)$/.exec(request.url.pathname) ?? [];
    if (described in TYPES && request.method === 'GET') return properties(described);
    const [, from, id, to] = /^\/crm\/v4\/objects\/(\w+)\/(\d+)\/associations\/default\/contacts\/(\d+)$/.exec(request.url.pathname) ?? [];
    if (to === undefined || request.method !== 'PUT') return refusal(404, 'OBJECT_NOT_FOUND', 'resource not found');
    if (state.associationsFail) return refusal(500, 'INTERNAL_ERROR', 'internal error');
    associations.add(`${from}/${id}-contacts/${to}`);
    return { status: 200, body: { status: 'COMPLETE', results: [], ...times } };
  };
  const server = await startJsonServer((request) => {
    requests.push(`${request.method} ${request.url.pathname}`);
    const { throttle, token } = state;
    if (request.headers['authorization'] !== `Bearer ${token}`)
      return Promise.resolve(refusal(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.'));
    if (throttle !== null) {
      const { policyName, retryAfterSeconds } = throttle;
      const message = `You have reached your ${policyName.toLowerCase()} limit.`;
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      return Promise.resolve({ ...refusal(429, 'RATE_LIMITS', message, { errorType: 'RATE_LIMIT', policyName }), headers });
    }
    return Promise.resolve(route(request));
  });
  return {
    port: server.port,
    account,
    associations,
    requests,
    get token() {
      return state.token;
    },
    set token(value) {
      state.token = value;
    },
    get throttle() {
      return state.throttle;
    },
    set throttle(value) {
      state.throttle = value;
    },
    get associationsFail() {
      return state.associationsFail;
    },
    set associationsFail(value) {
      state.associationsFail = value;
    },
    close: async () => {
      await server.close();
      const violations = shapes.violations();
      if (violations.length > 0) throw new Error(`requests that HubSpot does not know: ${violations.join('; ')}`);
    },
  };
}
