import { AppError } from '../../../base/app-error.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { answerOf, unreachable } from '../http/classify.ts';
import type { HttpClient, HttpResult, Trust } from '../http/http-client.ts';
import { withAccessToken, type AccessTokens } from '../http/oauth-token.ts';
import { BUNDLE, CAPABILITIES, CONTRACTS, type Bundle, type CapabilityStatement } from './resources.ts';
import type { Resource, ResourceOf, ResourceType, Stored } from './resources.ts';

/** Read at every request, so that a mended file takes effect by itself. */
export type FhirCredential =
  | { readonly type: 'bearer'; readonly token: () => string }
  | { readonly type: 'basic'; readonly user: string; readonly password: () => string }
  | { readonly type: 'oauth'; readonly tokens: AccessTokens };

/** Access to one FHIR R4 server. */
export interface FhirAccess extends Trust {
  /** The service base (hl7.org/fhir/R4/http.html#general): `https://host/fhir`. */
  readonly url: string;
  readonly credential: FhirCredential;
}

export type SearchOptions = DestinationOptions & { readonly firstPageOnly?: boolean };
export type SearchParameters = readonly (readonly [name: string, value: string])[];

/** One entry of a transaction. */
export interface TransactionEntry {
  readonly resource: Resource;
  readonly request: {
    readonly method: 'POST' | 'PUT';
    readonly url: string;
    readonly ifMatch?: string;
    readonly ifNoneExist?: string;
  };
}

/**
 * Questions throw `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. Writes throw only what comes before
 * anything was done: an unreadable secret, a token that cannot be had.
 */
export interface FhirClient {
  /** What a search finds, all pages of it, or no more than the first page. Other filters than the server's own are the caller's work. */
  search<T extends ResourceType>(type: T, parameters: SearchParameters, options: SearchOptions): Promise<readonly Stored<ResourceOf<T>>[]>;
  /** One resource, or null when the server does not hold it. */
  read<T extends ResourceType>(type: T, id: string, options: DestinationOptions): Promise<Stored<ResourceOf<T>> | null>;
  capabilities(options: DestinationOptions): Promise<CapabilityStatement>;
  /** Creates a resource unless the search `ifNoneExist` finds one (hl7.org/fhir/R4/http.html#ccreate). */
  create(resource: Resource, ifNoneExist: string, options: DestinationOptions): Promise<HttpResult>;
  /** Writes a resource in place of the version that was read (hl7.org/fhir/R4/http.html#concurrency). */
  update(resource: Stored<Resource>, options: DestinationOptions): Promise<HttpResult>;
  /** All entries, or none of them (hl7.org/fhir/R4/http.html#transaction). */
  transaction(entries: readonly TransactionEntry[], options: DestinationOptions): Promise<HttpResult>;
  close(): Promise<void>;
}

const MEDIA_TYPE = 'application/fhir+json';
const PAGE_RESOURCES = '200';
/** Pages of one search that are read; a search that has more fails. */
const PAGES_MAX = 50;

/** The version that a resource was read in, for If-Match. Throws `destination_misbehaved`: without versions nothing can be claimed. */
export function versionTag({ meta }: Resource): string {
  if (meta?.versionId === undefined) throw new AppError('destination_misbehaved', 'the FHIR server gives its resources no versions');
  return `W/"${meta.versionId}"`;
}

/** A resource in the version that was read, as an entry of a transaction. */
export function updateEntry(resource: Stored<Resource>): TransactionEntry {
  return { resource, request: { method: 'PUT', url: addressOf(resource), ifMatch: versionTag(resource) } };
}

/** `Patient/123`: what other resources call it. */
export const addressOf = ({ resourceType, id }: Stored<Resource>): string => `${resourceType}/${id}`;

/** Headers that authorise a request, where that is not the work of `withAccessToken`. */
function authorizationOf(credential: FhirCredential): Readonly<Record<string, string>> {
  switch (credential.type) {
    case 'oauth':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${credential.token()}` };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${credential.user}:${credential.password()}`).toString('base64')}` };
  }
}

/** The next page. A server behind a proxy may name itself otherwise; the credential goes to the configured one only. */
function nextPage({ link }: Bundle, base: URL): URL | null {
  const next = link?.find(({ relation }) => relation === 'next');
  if (next === undefined || !URL.canParse(next.url, base.href)) return null;
  const { pathname, search } = new URL(next.url, base);
  return new URL(`${pathname}${search}`, base);
}

export function createFhirClient({ url, credential }: FhirAccess, plain: HttpClient): FhirClient {
  const http = credential.type === 'oauth' ? withAccessToken(plain, credential.tokens) : plain;
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const get = (address: URL, { signal, traceparent }: DestinationOptions): Promise<HttpResult> => {
    // A server may answer a search from what it found a minute ago; a read-back needs to know what stands there now.
    const headers = { ...authorizationOf(credential), accept: MEDIA_TYPE, 'cache-control': 'no-cache' };
    return http.send({ method: 'GET', url: address, headers, signal, traceparent });
  };
  const write = (
    request: { readonly method: 'POST' | 'PUT'; readonly path: string; readonly headers?: Readonly<Record<string, string>> },
    body: unknown,
    { signal, traceparent }: DestinationOptions,
  ): Promise<HttpResult> => {
    const headers = {
      ...authorizationOf(credential),
      accept: MEDIA_TYPE,
      'content-type': `${MEDIA_TYPE}; charset=utf-8`,
      prefer: 'return=representation',
      ...request.headers,
    };
    const address = request.path === '' ? new URL(base.href.replace(/\/$/, '')) : new URL(request.path, base);
    return http.send({ method: request.method, url: address, headers, body: JSON.stringify(body), signal, traceparent });
  };
  return {
    search: async (type, parameters, options) => {
      const first = new URL(type, base);
      for (const [name, value] of [...parameters, ['_count', PAGE_RESOURCES] as const]) first.searchParams.append(name, value);
      const found: Stored<ResourceOf<typeof type>>[] = [];
      let address: URL | null = first;
      for (let page = 0; address !== null; page += 1) {
        if (page === PAGES_MAX) throw new AppError('destination_misbehaved', `a search of the FHIR server has over ${PAGES_MAX} pages`);
        const bundle: Bundle = BUNDLE.read(answerOf(await get(address, options), [200]).body);
        for (const { resource, search } of bundle.entry ?? [])
          if ((search?.mode ?? 'match') === 'match' && resource?.resourceType === type) found.push(CONTRACTS[type].check(resource));
        address = options.firstPageOnly === true ? null : nextPage(bundle, base);
      }
      return found;
    },
    read: async (type, id, options) => {
      const result = await get(new URL(`${type}/${encodeURIComponent(id)}`, base), options);
      if (result.type === 'failed') throw unreachable(result);
      if (result.answer.status === 404 || result.answer.status === 410) return null;
      return CONTRACTS[type].read(answerOf(result, [200]).body);
    },
    capabilities: async (options) => CAPABILITIES.read(answerOf(await get(new URL('metadata', base), options), [200]).body),
    create: async (resource, ifNoneExist, options) =>
      write({ method: 'POST', path: resource.resourceType, headers: { 'if-none-exist': ifNoneExist } }, resource, options),
    update: async (resource, options) =>
      write({ method: 'PUT', path: addressOf(resource), headers: { 'if-match': versionTag(resource) } }, resource, options),
    transaction: async (entries, options) =>
      write({ method: 'POST', path: '' }, { resourceType: 'Bundle', type: 'transaction', entry: entries }, options),
    close: () => http.close(),
  };
}
