import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { badRequest, getStatus, isOk, validateResource } from '@medplum/core';
import { FhirRouter, type FhirRequest, type MemoryRepository } from '@medplum/fhir-router';
import type { Bundle, CapabilityStatement, OperationOutcome, Resource } from '@medplum/fhirtypes';
import { readBody } from '../../../adapters/fault-proxy/read-body.ts';
import { FHIR_TOKEN } from './fhir-access.ts';
import { createResourceJournal, type ResourceJournal } from './resource-journal.ts';
import { loadDefinitions, TransactionalRepository, TYPES } from './transactional-repository.ts';

/** Ways in which real servers differ from what the standard wishes. */
export interface FhirQuirks {
  /** Creates whatever the condition says (If-None-Exist). */
  readonly ignoresConditions: boolean;
  /** Search parameters that it does not know and leaves out, in conditions as well. */
  readonly unknownParameters: readonly string[];
  /** The same in conditions only. */
  readonly unknownInConditions: readonly string[];
  /** Answers writes with an address only, whatever Prefer says. */
  readonly answersMinimal: boolean;
  /** Resources on one page of a search. */
  readonly pageResources: number;
  /** What searches do not find, though it can be read by its address: an index that lags behind. */
  readonly hides: (resource: Resource) => boolean;
  readonly declares: (statement: CapabilityStatement) => CapabilityStatement;
  /** Comes before each request that writes is looked at: somebody who is quicker, or a gate. */
  readonly before: (method: string, path: string) => Promise<void>;
}

export interface FhirServerOptions {
  /** A free one when absent. */
  readonly port?: number;
  /** File in which what was written outlives the process; further practices have files of their own beside it. */
  readonly keptIn?: string;
}

/** A FHIR R4 server for tests and the fault harness. Requests other than GET carry resources that the standard's own definitions accept, or they are refused. */
export interface FhirServer {
  readonly port: number;
  readonly url: string;
  /** As a bearer token, or as the password of the user `practice`. */
  readonly token: string;
  /** What stands in it, beside whoever talks to it. */
  readonly repository: MemoryRepository;
  /** Replaces the quirks; none without an argument. */
  behave(quirks?: Partial<FhirQuirks>): void;
  /** Requests that were refused because of what they carried: a test that made one has failed. */
  refused(): readonly string[];
  /** Methods and paths of requests since the last call, metadata aside. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  `Bearer ${FHIR_TOKEN}`,
  `Basic ${Buffer.from(`practice:${FHIR_TOKEN}`).toString('base64')}`,
]);
const REGULAR: FhirQuirks = {
  ignoresConditions: false,
  unknownParameters: [],
  unknownInConditions: [],
  answersMinimal: false,
  pageResources: 1000,
  hides: () => false,
  declares: (statement) => statement,
  before: () => Promise.resolve(),
};

function statementOf(): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        interaction: [{ code: 'transaction' }],
        resource: TYPES.map((type) => ({
          type,
          interaction: [{ code: 'read' }, { code: 'create' }, { code: 'update' }, { code: 'search-type' }],
          versioning: 'versioned-update',
          conditionalCreate: true,
        })),
      },
    ],
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const body = await readBody(incoming);
  return body.length === 0 ? undefined : JSON.parse(body.toString('utf8'));
}

/** A condition or query without the parameters that a server does not know; one without any matches everything. */
function without(query: string, names: readonly string[]): string {
  if (names.length === 0) return query;
  const parameters = new URLSearchParams(query);
  for (const name of names) parameters.delete(name);
  return parameters.size === 0 ? '_count=2' : parameters.toString();
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const problem = (outcome: OperationOutcome): Answer => ({ status: getStatus(outcome), body: outcome });

/** What is wrong with resources, by the definitions of the standard; null when nothing is. */
function objectionTo(body: unknown): OperationOutcome | null {
  const bundle = body as Bundle;
  const resources = bundle.resourceType === 'Bundle' ? (bundle.entry ?? []).map(({ resource }) => resource) : [body as Resource];
  try {
    for (const resource of resources) if (resource !== undefined) validateResource(resource);
    return null;
  } catch (error) {
    return badRequest(error instanceof Error ? error.message : String(error));
  }
}

/** A search result as one page of it, with the address of the next under the name that the server has for itself. */
function pageOf(result: Bundle, address: URL, quirks: FhirQuirks): Bundle {
  const offset = Number(address.searchParams.get('_offset') ?? '0');
  const shown = (result.entry ?? []).filter(({ resource }) => resource === undefined || !quirks.hides(resource));
  const next = new URL(`/fhir${address.pathname}${address.search}`, 'https://fhir.practice.internal');
  next.searchParams.set('_offset', String(offset + quirks.pageResources));
  const isLast = (result.total ?? 0) <= offset + quirks.pageResources;
  return { ...result, entry: shown, link: isLast ? [] : [{ relation: 'next', url: next.href }] };
}

function minimal(body: Bundle | Resource): unknown {
  if (body.resourceType !== 'Bundle') return undefined;
  return { ...body, entry: (body.entry ?? []).map(({ response }) => ({ response })) };
}

/** One practice of several that a server holds, each under an address of its own. */
interface Practice {
  readonly repository: MemoryRepository;
  readonly journal: ResourceJournal | null;
}

interface Desk {
  readonly router: FhirRouter;
  /** The practice at `/fhir`, or the one at `/NAME/fhir`, which exists as soon as it is asked for. */
  readonly practice: (name: string) => Promise<Practice>;
  readonly quirks: () => FhirQuirks;
  readonly refused: string[];
}

function createPractices(keptIn: string | undefined): Desk['practice'] {
  const practices = new Map<string, Practice>();
  return async (name) => {
    const known = practices.get(name);
    if (known !== undefined) return known;
    const repository = new TransactionalRepository();
    const journal = keptIn === undefined ? null : createResourceJournal(`${keptIn}${name}`);
    await journal?.replay(repository);
    const practice = { repository, journal };
    practices.set(name, practice);
    return practice;
  };
}

async function answer({ router, practice, quirks, refused }: Desk, incoming: IncomingMessage, body: unknown): Promise<Answer> {
  const how = quirks();
  const [, name = '', place = ''] = /^(?:\/([a-z0-9-]+))?\/fhir(.*)$/.exec(incoming.url ?? '') ?? [];
  const { repository, journal } = await practice(name);
  const address = new URL(place || '/', 'http://localhost');
  const isSearch = incoming.method === 'GET' && /^\/[A-Za-z]+$/.test(address.pathname);
  if (address.pathname === '/metadata') return { status: 200, body: how.declares(statementOf()) };
  if (body !== undefined) {
    const objection = objectionTo(body);
    if (objection !== null) {
      refused.push(`${incoming.method} ${address.pathname}: ${objection.issue[0]?.details?.text ?? ''}`);
      return problem(objection);
    }
  }
  if (isSearch) {
    address.search = without(address.search, how.unknownParameters);
    address.searchParams.set('_count', String(how.pageResources));
  }
  const condition = (query: string): string => without(query, [...how.unknownParameters, ...how.unknownInConditions]);
  const headers = { ...incoming.headers };
  const asked = headers['if-none-exist'];
  delete headers['if-none-exist'];
  if (typeof asked === 'string' && !how.ignoresConditions) headers['if-none-exist'] = condition(asked);
  const bundle = body as Bundle | undefined;
  for (const { request } of bundle?.resourceType === 'Bundle' ? (bundle.entry ?? []) : []) {
    if (request?.ifNoneExist === undefined) continue;
    if (how.ignoresConditions) delete request.ifNoneExist;
    else request.ifNoneExist = condition(request.ifNoneExist);
  }
  const request: FhirRequest = {
    method: incoming.method as FhirRequest['method'],
    url: `${address.pathname}${address.search}`,
    pathname: '',
    body,
    params: {},
    query: {},
    headers,
    config: { transactions: true },
  };
  const [outcome, resource] = await router.handleRequest(request, repository);
  if (!isOk(outcome) || resource === undefined) return problem(outcome);
  if (incoming.method !== 'GET') journal?.keep(resource);
  const found = isSearch ? pageOf(resource as Bundle, address, how) : resource;
  const version = resource.meta?.versionId;
  return {
    status: getStatus(outcome),
    headers: {
      ...(version === undefined ? {} : { etag: `W/"${version}"` }),
      ...(incoming.method === 'POST' ? { location: `/fhir/${resource.resourceType}/${resource.id}/_history/${version}` } : {}),
    },
    body: how.answersMinimal && incoming.method !== 'GET' ? minimal(resource) : found,
  };
}

function give(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/fhir+json; charset=utf-8', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

/**
 * Medplum's FHIR engine (`@medplum/fhir-router`) with its repository in memory, behind HTTP: searches, conditional creates, versions and
 * transactions are the engine's. Added here: the address, a bearer token, the check of resources against the standard's definitions, pages,
 * and transactions that are undone when they fail. Requests are handled one after the other, as a server with serialisable transactions
 * behaves. Left out: references are not looked up, no history, and nothing outlives the process unless it is `keptIn` a file.
 */
export async function startFhirServer({ port = 0, keptIn }: FhirServerOptions = {}): Promise<FhirServer> {
  loadDefinitions();
  const practice = createPractices(keptIn);
  const { repository } = await practice('');
  const refused: string[] = [];
  let quirks = REGULAR;
  let requests: string[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  const desk: Desk = { router: new FhirRouter(), practice, quirks: () => quirks, refused };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    if (!(incoming.url ?? '').endsWith('/metadata')) requests.push(`${incoming.method} ${(incoming.url ?? '').replace(/\?.*/, '')}`);
    if (!CREDENTIALS.has(incoming.headers.authorization ?? '')) return give(response, { status: 401, body: badRequest('who are you?') });
    if (incoming.method !== 'GET') await quirks.before(incoming.method ?? '', incoming.url ?? '');
    const mine = turn.then(() => answer(desk, incoming, body));
    turn = mine.catch(() => undefined);
    return give(response, await mine);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => {
      if (!response.headersSent) give(response, { status: 500, body: badRequest('internal error') });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return {
    port: at.port,
    url: `http://127.0.0.1:${at.port}/fhir`,
    token: FHIR_TOKEN,
    repository,
    behave: (changed = {}) => {
      quirks = { ...REGULAR, ...changed };
    },
    refused: () => refused,
    requests: () => {
      const since = requests;
      requests = [];
      return since;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
