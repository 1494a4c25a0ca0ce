/**
 * Stands for a ServiceNow instance as its documents describe it: the Import Set API (one row, transformed at once, coalescing without
 * regard to case, one after the other by value unless the administrator has switched that off) and the Table API (encoded queries that
 * ignore unknown fields, DELETE by sys_id), Basic and bearer authorization, rate limit rules with their headers, and the login page that
 * comes instead of an answer when a proxy has lost the session. Bodies of imports are held against the published shape: text only.
 *
 * Left out: access rules, business rules, display values, references, journal fields, several transform maps per staging table, XML.
 */
import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';
import { createInstance, INTEGRATION_USER, type Instance, type TransformMap } from './instance.ts';

export interface ServiceNowStandIn {
  readonly port: number;
  readonly instance: Instance;
  /** What the instance accepts now; a test may change it. */
  readonly accepted: { password: string; token: string };
  /** A rate limit rule refuses requests from now on: with Retry-After, or with the time of the reset alone. */
  limit(rule: { readonly resetsInSeconds: number; readonly retryAfter: boolean } | null): void;
  /** The session is gone: everything is answered with the login page. */
  loseSession(isLost: boolean): void;
  /** Imports that did not have the published shape. */
  violations(): readonly string[];
  close(): Promise<void>;
}

const LOGIN_PAGE = '<!doctype html><html><head><title>ServiceNow</title></head><body><form action="login.do"></form></body></html>';
const SHAPES = { import: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } } } as const;

const failure = (status: number, message: string, detail: string | null): JsonAnswer => ({
  status,
  body: { error: { message, detail }, status: 'failure' },
});

/** Starts an instance with these transform maps. */
export async function startServiceNow(maps: readonly TransformMap[]): Promise<ServiceNowStandIn> {
  const instance = createInstance(maps);
  const shapes = createRequestShapes(SHAPES);
  const accepted = { password: 'a password', token: 'a token' };
  let rule: { readonly resetsInSeconds: number; readonly retryAfter: boolean } | null = null;
  let isSessionLost = false;

  const limited = (): JsonAnswer | null => {
    if (rule === null) return null;
    const { resetsInSeconds, retryAfter } = rule;
    const reset = Math.ceil(Date.now() / 1000) + resetsInSeconds;
    const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-reset': String(reset), 'x-ratelimit-rule': '0'.repeat(32) };
    const denied = failure(429, 'Rate limit exceeded', 'Rate limit of 10 requests per hour for Import Set API exceeded');
    return { ...denied, headers: { ...headers, ...(retryAfter ? { 'retry-after': String(resetsInSeconds) } : {}) } };
  };
  const isKnown = ({ headers }: JsonRequest): boolean => {
    const basic = `Basic ${Buffer.from(`${INTEGRATION_USER}:${accepted.password}`).toString('base64')}`;
    return headers.authorization === basic || headers.authorization === `Bearer ${accepted.token}`;
  };
  const importRow = async (staging: string, body: unknown): Promise<JsonAnswer> => {
    const problem = shapes.problemOf('import', body);
    if (problem !== null) return failure(400, 'Invalid request', problem);
    const result = await instance.importRow(staging, body as Readonly<Record<string, string>>);
    if (result === null) return failure(400, `Invalid table ${staging}`, null);
    return { status: 201, body: { import_set: 'ISET0010001', staging_table: staging, result: [result] } };
  };
  const rows = (table: string, parameters: URLSearchParams): JsonAnswer => {
    const wanted = parameters.get('sysparm_fields')?.split(',') ?? [];
    const limit = Number(parameters.get('sysparm_limit') ?? 10_000);
    const found = instance.query(table, parameters.get('sysparm_query') ?? '').slice(0, limit);
    const chosen = found.map((row) => Object.fromEntries(Object.entries(row).filter(([field]) => wanted.includes(field))));
    return { status: 200, body: { result: chosen } };
  };
  const answer = async (request: JsonRequest): Promise<JsonAnswer> => {
    if (isSessionLost) return { status: 200, body: LOGIN_PAGE };
    if (!isKnown(request)) return failure(401, 'User Not Authenticated', 'Required to provide Auth information');
    const denied = limited();
    if (denied !== null) return denied;
    const [, api, , kind, name = '', sysId] = request.url.pathname.split('/');
    if (api !== 'api') return failure(404, 'Requested URI does not represent any resource', request.url.pathname);
    if (kind === 'import' && request.method === 'POST') return importRow(name, request.body);
    if (kind !== 'table' || !instance.hasTable(name)) return failure(400, `Invalid table ${name}`, null);
    if (request.method === 'GET') return rows(name, request.url.searchParams);
    if (request.method !== 'DELETE' || sysId === undefined) return failure(405, 'Method not supported', null);
    if (instance.remove(name, sysId)) return { status: 204, body: null };
    return failure(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
  };
  const server = await startJsonServer(answer);
  return {
    port: server.port,
    instance,
    accepted,
    limit: (next) => {
      rule = next;
    },
    loseSession: (isLost) => {
      isSessionLost = isLost;
    },
    violations: shapes.violations,
    close: server.close,
  };
}
