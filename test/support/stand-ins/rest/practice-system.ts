/**
 * Stands for a practice system with the interface of config/mappings/rest-example.openapi.yaml: bearer token, signed bodies, unique external
 * ids, Idempotency-Key that replays the first answer (422 for another body), ETag and If-Match, one appointment per time, slots of weekdays
 * (08:00 to 11:00 and 13:00 to 17:00 UTC) that are free while no appointment lies in them. Leaves out paging of records, and whatever a real system would do with the records.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';
import { verifySignature } from '../verify-signature.ts';

const DOCUMENT = join(import.meta.dirname, '../../../../config/mappings/rest-example.openapi.yaml');

type Fields = Readonly<Record<string, unknown>>;
type Collection = 'contacts' | 'appointments';

interface Stored {
  readonly collection: Collection;
  readonly id: string;
  readonly externalId: string;
  revision: number;
  fields: Fields;
}

export interface PracticeSystem {
  readonly port: number;
  readonly token: string;
  readonly secret: string;
  /** What is wrong with requests that do not have the published shape; tests want none. */
  violations(): readonly string[];
  count(externalId: string): number;
  /** A person changes a field at the desk. */
  edit(externalId: string, change: (fields: Fields) => Fields): void;
  /** Instead of what it would do, the server answers the next request of a method with this. */
  answerNext(method: string, answer: JsonAnswer): void;
  /** From now on the server knows no filter. */
  ignoreFilters(): void;
  /** The token is another one from now on. */
  expireToken(): void;
  /** Questions for free slots, as they stood in the address. */
  readonly slotQuestions: readonly string[];
  /** Trace contexts that came along. */
  readonly traces: string[];
  close(): Promise<void>;
}

const problem = (status: number, title: string): JsonAnswer => ({
  status,
  body: { title },
  headers: { 'content-type': 'application/problem+json' },
});

type Schema = { readonly required?: readonly string[]; readonly properties?: Readonly<Record<string, { readonly readOnly?: boolean }>> };

/** The published schemas of request bodies; what is read-only is the server's to give, so that nobody is asked for it. */
function shapes(): ReturnType<typeof createRequestShapes> {
  const { components } = parse(readFileSync(DOCUMENT, 'utf8')) as { components: { schemas: unknown } };
  const definitions = JSON.parse(JSON.stringify(components.schemas), (name: string, value: unknown) => {
    if (name === 'format') return undefined;
    if (name === '$ref') return String(value).replace('#/components/schemas/', '#/$defs/');
    const { required, properties } = (value ?? {}) as Schema;
    if (!Array.isArray(required) || properties === undefined) return value;
    return { ...(value as object), required: required.filter((field: string) => properties[field]?.readOnly !== true) };
  }) as object;
  const body = (name: string) => ({ $ref: `#/$defs/${name}`, $defs: definitions });
  return createRequestShapes({ contacts: body('Contact'), appointments: body('Appointment') });
}

const overlaps = (a: Fields, b: Fields): boolean =>
  Date.parse(String(a['start'])) < Date.parse(String(b['end'])) && Date.parse(String(b['start'])) < Date.parse(String(a['end']));

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SLOT_MINUTES: Readonly<Record<string, number>> = { CHECK: 30, VACC: 15, BLOOD: 15, CONS: 30, FOLLOW: 15 };
const OPEN_HOURS = [
  [8, 11],
  [13, 17],
] as const;
const WEEKEND: readonly number[] = [0, 6];
const SLOTS_PER_PAGE = 50;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** All slots of a service from one day to another, free or not. */
function laidOut(minutes: number, fromDay: string, toDay: string): readonly Fields[] {
  const slots: Fields[] = [];
  for (let day = Date.parse(fromDay); day <= Date.parse(toDay); day += DAY_MS)
    for (const [opens, closes] of WEEKEND.includes(new Date(day).getUTCDay()) ? [] : OPEN_HOURS)
      for (let minute = opens * 60; minute + minutes <= closes * 60; minute += minutes) {
        const [start, end] = [minute, minute + minutes].map((at) => new Date(day + at * MINUTE_MS).toISOString());
        slots.push({ start, end, minutes });
      }
  return slots;
}

/** Starts the system on a loopback port. */
export async function startPracticeSystem(now: () => number): Promise<PracticeSystem> {
  const stored = new Map<string, Stored>();
  const replays = new Map<string, { readonly text: string; readonly answer: JsonAnswer }>();
  const odd: { readonly method: string; readonly answer: JsonAnswer }[] = [];
  const traces: string[] = [];
  const slotQuestions: string[] = [];
  const secret = 'a secret of both';
  let token = 'first token';
  let filters = true;
  let lastId = 0;
  const published = shapes();

  const shown = ({ id, externalId, revision, fields }: Stored): JsonAnswer['body'] => ({ ...fields, id, externalId, revision });
  const given = (status: number, record: Stored): JsonAnswer => ({
    status,
    body: shown(record),
    headers: { etag: `"${record.revision}"` },
  });
  const byKey = (collection: Collection, externalId: string): Stored | undefined =>
    [...stored.values()].find((record) => record.collection === collection && record.externalId === externalId);
  const add = (collection: Collection, externalId: string, fields: Fields): JsonAnswer => {
    lastId += 1;
    const record = { collection, id: `r${lastId}`, externalId, revision: 1, fields };
    stored.set(record.id, record);
    return given(201, record);
  };

  const isTaken = (time: Fields): boolean =>
    [...stored.values()].some(({ collection, fields }) => collection === 'appointments' && overlaps(fields, time));

  const refused = (request: JsonRequest): JsonAnswer | null => {
    const { headers, text } = request;
    if (headers.authorization !== `Bearer ${token}`) return problem(401, 'unknown token');
    if (text === '') return null;
    const signed = verifySignature({ secret, headers, text, nowEpochMs: now() });
    return signed === 'valid' ? null : problem(401, `signature ${signed}`);
  };
  const post = ({ headers, text, body }: JsonRequest): JsonAnswer => {
    const key = headers['idempotency-key'];
    if (typeof key !== 'string') return problem(400, 'Idempotency-Key is missing');
    const before = replays.get(key);
    if (before !== undefined) return before.text === text ? before.answer : problem(422, 'the key was used with another body');
    const wrong = published.problemOf('contacts', body);
    if (wrong !== null) return problem(400, wrong);
    const { externalId, ...fields } = body as Fields;
    if (byKey('contacts', String(externalId)) !== undefined) return problem(409, 'externalId is taken');
    const answer = add('contacts', String(externalId), fields);
    replays.set(key, { text, answer });
    return answer;
  };
  const put = ({ headers, body }: JsonRequest, externalId: string): JsonAnswer => {
    const wrong = published.problemOf('appointments', body);
    if (wrong !== null) return problem(400, wrong);
    if (headers['if-none-match'] !== '*') return problem(428, 'If-None-Match is missing');
    if (byKey('appointments', externalId) !== undefined) return problem(412, 'there is one already');
    return isTaken(body as Fields) ? problem(409, 'the time is taken') : add('appointments', externalId, body as Fields);
  };
  const list = (collection: Collection, { url }: JsonRequest): JsonAnswer => {
    const [key, phone] = [url.searchParams.get('externalId'), url.searchParams.get('phone')];
    const matches = ({ externalId, fields }: Stored): boolean => {
      const patient = fields['patient'] as Fields | undefined;
      return !filters || ((key === null || externalId === key) && (phone === null || (patient ?? fields)['phone'] === phone));
    };
    const items = [...stored.values()].filter((record) => record.collection === collection && matches(record)).toReversed();
    return { status: 200, body: { items: items.slice(0, Number(url.searchParams.get('limit') ?? 100)).map(shown) } };
  };
  const slots = ({ url }: JsonRequest): JsonAnswer => {
    slotQuestions.push(url.search);
    const [service, from, to] = ['service', 'from', 'to'].map((name) => url.searchParams.get(name) ?? '');
    const minutes = SLOT_MINUTES[service ?? ''];
    if (minutes === undefined || !DAY.test(from ?? '') || !DAY.test(to ?? '')) return problem(400, 'service, from and to are asked for');
    const free = laidOut(minutes, from ?? '', to ?? '').filter((slot) => !isTaken(slot));
    const limit = Number(url.searchParams.get('limit') ?? SLOTS_PER_PAGE);
    return { status: 200, body: { items: free.slice(0, limit), next: free.length > limit ? 'page 2' : null } };
  };
  const remove = (collection: Collection, id: string, { headers }: JsonRequest): JsonAnswer => {
    const record = stored.get(id);
    if (record?.collection !== collection) return problem(404, 'was not there');
    if (headers['if-match'] !== undefined && headers['if-match'] !== `"${record.revision}"`) return problem(412, 'changed since');
    stored.delete(id);
    return { status: 204, body: null };
  };
  const answer = (request: JsonRequest): JsonAnswer => {
    const trace = request.headers['traceparent'];
    if (typeof trace === 'string') traces.push(trace);
    const at = odd.findIndex(({ method }) => method === request.method);
    const [strange] = at === -1 ? [] : odd.splice(at, 1);
    if (strange !== undefined) return strange.answer;
    const no = refused(request);
    if (no !== null) return no;
    const [collection = '', second, third] = request.url.pathname.slice('/api/'.length).split('/').map(decodeURIComponent);
    if (collection === 'health') return { status: 200, body: { status: 'up' } };
    if (collection === 'slots') return slots(request);
    if (collection !== 'contacts' && collection !== 'appointments') return problem(404, 'no such path');
    if (request.method === 'DELETE' && second !== undefined) return remove(collection, second, request);
    if (second === 'by-external-id' && third !== undefined && collection === 'appointments') {
      if (request.method === 'PUT') return put(request, third);
      const record = byKey(collection, third);
      return record === undefined ? problem(404, 'there is none') : given(200, record);
    }
    return request.method === 'POST' ? post(request) : list(collection, request);
  };

  const server = await startJsonServer((request) => Promise.resolve(answer(request)));
  return {
    port: server.port,
    get token() {
      return token;
    },
    secret,
    slotQuestions,
    traces,
    violations: () => published.violations(),
    count: (externalId) => [...stored.values()].filter((record) => record.externalId === externalId).length,
    edit: (externalId, change) => {
      const record = [...stored.values()].find((candidate) => candidate.externalId === externalId);
      if (record === undefined) throw new Error('nothing to edit');
      record.fields = change(record.fields);
      record.revision += 1;
    },
    answerNext: (method, strange) => odd.push({ method, answer: strange }),
    ignoreFilters: () => {
      filters = false;
    },
    expireToken: () => {
      token = `${token}, renewed`;
    },
    close: () => server.close(),
  };
}
