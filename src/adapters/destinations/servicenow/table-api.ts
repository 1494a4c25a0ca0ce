import type { Clock } from '../../../base/clock.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { accessHeaders, addressOf, type Auth, type HttpAccess } from '../http/access.ts';
import { answerOf } from '../http/classify.ts';
import type { HttpClient, HttpResult } from '../http/http-client.ts';
import { createJsonContract } from '../http/json-contract.ts';

/** Address and user of one instance; `auth` is `basic` or, with an OAuth token, `bearer`. */
export interface ServiceNowAccess extends HttpAccess {
  readonly auth: Auth;
}

/** A record as the Table API gives it: every value is text. */
export interface TableRow {
  readonly sys_id: string;
  readonly sys_created_on: string;
  readonly sys_created_by: string;
  readonly sys_updated_by: string;
  readonly [field: string]: unknown;
}

export interface RowQuery {
  readonly table: string;
  /** Encoded query; values in it may hold no `^`. */
  readonly query: string;
  readonly fields: readonly string[];
  readonly limit: number;
}

/** The two interfaces of an instance that are used. */
export interface TableApi {
  /** Records of a table. Throws as a destination's `check` does. */
  rows(query: RowQuery, options: DestinationOptions): Promise<readonly TableRow[]>;
  /** Puts one row into a staging table; the instance transforms it before it answers. Throws only what reading the secret throws. */
  importRow(staging: string, columns: Readonly<Record<string, string>>, options: DestinationOptions): Promise<HttpResult>;
  /** Throws only what reading the secret throws. */
  remove(table: string, sysId: string, options: DestinationOptions): Promise<HttpResult>;
}

/** Fields that the instance keeps for every record: who wrote first and last, and when. */
const SYSTEM_FIELDS = ['sys_id', 'sys_created_on', 'sys_created_by', 'sys_updated_by'] as const;

const text = { type: 'string', minLength: 1 } as const;
const rowsContract = createJsonContract<{ readonly result: readonly TableRow[] }>('records of ServiceNow', {
  type: 'object',
  required: ['result'],
  properties: {
    result: {
      type: 'array',
      items: {
        type: 'object',
        required: [...SYSTEM_FIELDS],
        properties: {
          sys_id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
          sys_created_on: text,
          sys_created_by: text,
          sys_updated_by: text,
        },
      },
    },
  },
});

/** The Table API and the Import Set API of one instance. Times there are UTC, since nothing is asked for as a person would see it. */
export function createTableApi(access: ServiceNowAccess, http: HttpClient, clock: Clock): TableApi {
  const rules = { auth: access.auth, signed: false };
  const send = (
    request: { readonly method: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly body?: string },
    { signal, traceparent }: DestinationOptions,
  ): Promise<HttpResult> => {
    const { method, path, body } = request;
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...accessHeaders(access, rules, { body, nowEpochMs: clock.epochMs() }),
    };
    return http.send({ method, url: addressOf(access, path), headers, ...(body === undefined ? {} : { body }), signal, traceparent });
  };
  return {
    rows: async ({ table, query, fields, limit }, options) => {
      const parameters = new URLSearchParams({
        sysparm_query: query,
        sysparm_fields: [...new Set([...SYSTEM_FIELDS, ...fields])].join(','),
        sysparm_limit: String(limit),
        sysparm_display_value: 'false',
        sysparm_exclude_reference_link: 'true',
      });
      const path = `api/now/table/${encodeURIComponent(table)}?${parameters.toString()}`;
      return rowsContract.read(answerOf(await send({ method: 'GET', path }, options), [200]).body).result;
    },
    importRow: (staging, columns, options) =>
      send({ method: 'POST', path: `api/now/import/${encodeURIComponent(staging)}`, body: JSON.stringify(columns) }, options),
    remove: (table, sysId, options) =>
      send({ method: 'DELETE', path: `api/now/table/${encodeURIComponent(table)}/${encodeURIComponent(sysId)}` }, options),
  };
}
