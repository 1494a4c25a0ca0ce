/**
 * Stands for an Odoo server as its documents and its source describe it, in both wire forms: JSON-2 (named parameters, API key, real
 * status codes with an error object) and JSON-RPC (`execute_kw`, errors inside answers with status 200). `load` makes records under
 * external ids, (module, name) being unique; two loads at once under one external id end in one record and one message; a time is taken
 * for the user's zone (Europe/Berlin here) unless the context says otherwise; HTML is cleaned up; a deleted record takes its external id
 * with it. Bodies are held against the published shape of each request.
 *
 * Left out: access rights and record rules, companies, translations, recurring events, mail, and every other method and field.
 */
import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';
import { createOdooDatabase, type OdooDatabase, type OdooRecord } from './database.ts';
import { MODELS, OdooError } from './fields.ts';
import { SHAPES } from './shapes.ts';

export interface OdooStandIn {
  readonly port: number;
  readonly database: OdooDatabase;
  /** What the server accepts now; a test may change it. */
  readonly accepted: { apiKey: string };
  /** The last load arrives once more, as one that was under way for long. */
  repeatLastLoad(): Promise<unknown>;
  violations(): readonly string[];
  close(): Promise<void>;
}

/** Name of the one database, and the user of the integration. */
export const DATABASE = 'practice';
export const LOGIN = 'vestibule';
const USER_ID = 2;
const STATUS: Readonly<Record<string, number>> = {
  'odoo.exceptions.UserError': 422,
  'odoo.exceptions.ValidationError': 422,
  'odoo.exceptions.MissingError': 404,
  'odoo.exceptions.AccessDenied': 403,
  'werkzeug.exceptions.Unauthorized': 401,
  'werkzeug.exceptions.NotFound': 404,
  'werkzeug.exceptions.UnprocessableEntity': 422,
};

type Values = Readonly<Record<string, unknown>>;
interface MethodCall {
  readonly model: string;
  readonly method: string;
  readonly ids: readonly number[];
  readonly parameters: Values;
  readonly context: Values;
}

const errorObject = (name: string, message: string): Values => ({ name, message, arguments: [message], context: {}, debug: 'Traceback…' });

/** A record as `search_read` gives it: empty text is false, a relation to one is its id and name. */
function readOut(database: OdooDatabase, model: string, record: OdooRecord, fields: readonly string[]): Values {
  const value = (name: string): unknown => {
    const field = MODELS[model]?.[name];
    if (field === undefined) throw new OdooError('builtins.ValueError', `Invalid field '${name}' on model '${model}'`);
    const held = record.values[name];
    if (field.type === 'many2one') {
      const domain = [['id', '=', held]];
      const [related] = held === undefined ? [] : database.search({ model: field.model, domain, limit: 1, activeTest: false });
      return related === undefined ? false : [related.id, String(related.values['name'])];
    }
    return held === undefined || held === '' ? false : held;
  };
  return Object.fromEntries([['id', record.id], ...fields.filter((name) => name !== 'id').map((name) => [name, value(name)] as const)]);
}

async function execute(database: OdooDatabase, { model, method, ids, parameters, context }: MethodCall): Promise<unknown> {
  const fields = MODELS[model];
  if (fields === undefined) throw new OdooError('werkzeug.exceptions.NotFound', `the model '${model}' does not exist`);
  switch (method) {
    case 'search_read': {
      const domain = parameters['domain'] as readonly unknown[];
      const query = { model, domain, limit: Number(parameters['limit'] ?? Infinity), activeTest: context['active_test'] !== false };
      return database.search(query).map((record) => readOut(database, model, record, parameters['fields'] as readonly string[]));
    }
    case 'fields_get': {
      const wanted = parameters['allfields'] as readonly string[];
      return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted.includes(name)));
    }
    case 'load': {
      const [row = []] = parameters['data'] as readonly (readonly string[])[];
      return database.load(model, { fields: parameters['fields'] as readonly string[], row }, context);
    }
    case 'unlink':
      database.unlink(model, ids);
      return true;
    default:
      throw new OdooError('werkzeug.exceptions.NotFound', `'${model}' has no method '${method}'`);
  }
}

/** Starts a server with one database, which is empty but for the contact of the practitioner. */
export async function startOdoo(): Promise<OdooStandIn> {
  const database = createOdooDatabase('Europe/Berlin');
  const shapes = createRequestShapes(SHAPES);
  const accepted = { apiKey: 'a key' };
  let lastLoad: MethodCall | null = null;

  const called = async (call: MethodCall): Promise<unknown> => {
    const problem = shapes.problemOf(call.method, call.parameters);
    if (problem !== null) throw new OdooError('werkzeug.exceptions.UnprocessableEntity', problem);
    if (call.method === 'load') lastLoad = call;
    return execute(database, call);
  };
  const json2 = async ({ url, headers, body }: JsonRequest): Promise<JsonAnswer> => {
    const [, , , model = '', method = ''] = url.pathname.split('/');
    const { ids = [], context = {}, ...parameters } = body as { readonly ids?: readonly number[]; readonly context?: Values };
    try {
      if (headers['x-odoo-database'] !== DATABASE) throw new OdooError('werkzeug.exceptions.NotFound', 'no such database');
      if (headers.authorization !== `bearer ${accepted.apiKey}`) throw new OdooError('werkzeug.exceptions.Unauthorized', 'Invalid apikey');
      return { status: 200, body: await called({ model, method, ids, parameters, context }) };
    } catch (error) {
      if (!(error instanceof OdooError)) throw error;
      return { status: STATUS[error.pythonName] ?? 500, body: errorObject(error.pythonName, error.message) };
    }
  };
  const service = async ({ service: name, method, args }: RpcParams): Promise<unknown> => {
    const [db, who, apiKey, model, call, positional, named] = args;
    if (db !== DATABASE) throw new OdooError('psycopg2.OperationalError', `database "${String(db)}" does not exist`);
    if (name === 'common' && method === 'authenticate') return who === LOGIN && apiKey === accepted.apiKey ? USER_ID : false;
    if (name !== 'object' || method !== 'execute_kw') throw new OdooError('builtins.KeyError', method);
    if (who !== USER_ID || apiKey !== accepted.apiKey) throw new OdooError('odoo.exceptions.AccessDenied', 'Access Denied');
    const { context = {}, ...parameters } = named as { readonly context?: Values };
    const [ids = []] = positional as readonly (readonly number[])[];
    return called({ model: String(model), method: String(call), ids, parameters, context });
  };
  const jsonRpc = async ({ body }: JsonRequest): Promise<JsonAnswer> => {
    const problem = shapes.problemOf('jsonrpc', body);
    if (problem !== null) return { status: 400, body: '<title>400 Bad Request</title>' };
    const { id, params } = body as { readonly id: number; readonly params: RpcParams };
    try {
      return { status: 200, body: { jsonrpc: '2.0', id, result: await service(params) } };
    } catch (error) {
      if (!(error instanceof OdooError)) throw error;
      const data = errorObject(error.pythonName, error.message);
      return { status: 200, body: { jsonrpc: '2.0', id, error: { code: 200, message: 'Odoo Server Error', data } } };
    }
  };
  const server = await startJsonServer((request) => {
    if (request.method === 'POST' && request.url.pathname === '/jsonrpc') return jsonRpc(request);
    if (request.method === 'POST' && request.url.pathname.startsWith('/json/2/')) return json2(request);
    return Promise.resolve({ status: 404, body: '<title>404 Not Found</title>' });
  });
  return {
    port: server.port,
    database,
    accepted,
    repeatLastLoad: async () => (lastLoad === null ? null : execute(database, lastLoad)),
    violations: shapes.violations,
    close: server.close,
  };
}

interface RpcParams {
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
}
