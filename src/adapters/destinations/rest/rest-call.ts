import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { accessHeaders, addressOf, authorised, type HttpAccess } from '../http/access.ts';
import { statusError, unreachable } from '../http/classify.ts';
import type { FailedRequest, HttpAnswer, HttpClient } from '../http/http-client.ts';
import { documentOf, valueAt } from '../http/json-pointer.ts';
import { isSuccess } from '../http/outcome.ts';
import type { Operation } from './openapi.ts';
import { PLACES, type OperationUse, type Place, type RestMapping } from './rest-mapping.ts';
import type { Bound } from './rest-system.ts';

/** What one request carries. */
export interface CallValues {
  readonly key?: string;
  readonly remoteId?: string;
  readonly phone?: string;
  readonly etag?: string;
  readonly service?: string;
  readonly from?: string;
  readonly to?: string;
  /** Pointer -> value, beside what stands in places of the mapping. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** For the header that the mapping names. */
  readonly idempotencyKey?: string;
}

/**
 * What came of a call. `unfit`: the request does not fit the OpenAPI document, and was not sent. `content` is there when the answer fits it and
 * the success predicate holds.
 */
export type CallResult =
  | { readonly type: 'unfit'; readonly reason: string }
  | FailedRequest
  | { readonly type: 'succeeded'; readonly answer: HttpAnswer; readonly content: unknown }
  /** The status says success, the rest does not bear it out. */
  | { readonly type: 'unbelievable' }
  | { readonly type: 'refused'; readonly answer: HttpAnswer };

export interface RestCaller {
  /** Throws only what the functions of the secrets throw, and what comes of a token that cannot be had; nothing was done then. */
  call(
    bound: Bound<OperationUse>,
    values: CallValues,
    options: { readonly signal: AbortSignal; readonly traceparent?: string | undefined },
  ): Promise<CallResult>;
}

interface Draft {
  readonly path: Map<string, string>;
  readonly query: Map<string, string>;
  readonly header: Map<string, string>;
  readonly body: Record<string, unknown>;
}

/** Segments that an address would swallow. */
const DOTS: ReadonlySet<string> = new Set(['', '.', '..']);

function draftOf(use: OperationUse, values: CallValues): Draft {
  const draft: Draft = { path: new Map(), query: new Map(), header: new Map(), body: { ...values.body } };
  const put = (place: Place | undefined, value: string | number | boolean | undefined): void => {
    if (place === undefined || value === undefined) return;
    if (place.in === 'body') draft.body[place.pointer] = value;
    else draft[place.in].set(place.in === 'header' ? place.name.toLowerCase() : place.name, String(value));
  };
  for (const name of PLACES) put(use[name], values[name]);
  for (const place of use.fixed ?? []) put(place, place.value);
  return draft;
}

/** The first thing in a request that does not fit the document; null when all does. */
function misfit(operation: Operation, draft: Draft, body: unknown): string | null {
  for (const { in: place, name, required, check } of operation.parameters) {
    const value = draft[place].get(name);
    if (value === undefined) {
      if (required) return `${place} parameter ${name} has no value`;
      continue;
    }
    const reason = check(value);
    if (reason !== null) return `${place} parameter ${name}: ${reason}`;
    if (place === 'path' && DOTS.has(value)) return `path parameter ${name} cannot stand in an address`;
  }
  return operation.body === null ? null : operation.body.check(body);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function judged(bound: Bound<OperationUse>, answer: HttpAnswer): CallResult {
  const { use, operation } = bound;
  if (!use.success.statuses.includes(answer.status)) return { type: 'refused', answer };
  const content = parsed(answer.body);
  const contract = operation.answer(answer.status);
  const fits = contract !== 'undescribed' && contract(content) === null;
  return fits && isSuccess(use.success, answer, content) ? { type: 'succeeded', answer, content } : { type: 'unbelievable' };
}

/** The answer to a question. Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
export function answered(result: CallResult, { operation }: Bound<OperationUse>): Extract<CallResult, { readonly type: 'succeeded' }> {
  switch (result.type) {
    case 'unfit':
      throw new AppError('destination_misbehaved', `${operation.id} does not take our question: ${result.reason}`);
    case 'failed':
      throw unreachable(result);
    case 'unbelievable':
      throw new AppError('destination_misbehaved', `the answer to ${operation.id} is not as described`);
    case 'refused':
      throw statusError(result.answer);
    case 'succeeded':
      return result;
  }
}

/** The list at a place of an answer; the empty pointer is the whole answer. Throws `destination_misbehaved` when there is none. */
export function listIn(content: unknown, pointer: string, { operation }: Bound<OperationUse>): readonly unknown[] {
  const list = valueAt(content, pointer);
  if (!Array.isArray(list)) throw new AppError('destination_misbehaved', `the answer to ${operation.id} holds no list`);
  return list;
}

/** Sends what fits the OpenAPI document, and believes only answers that fit it. */
export function createRestCaller(parts: {
  readonly mapping: RestMapping;
  readonly access: HttpAccess;
  readonly http: HttpClient;
  readonly clock: Clock;
}): RestCaller {
  const { mapping, access, clock } = parts;
  const http = authorised(parts.http, access);
  return {
    call: async (bound, values, { signal, traceparent }) => {
      const { use, operation } = bound;
      const draft = draftOf(use, values);
      const header = mapping.idempotencyKey?.header.toLowerCase();
      if (header !== undefined && values.idempotencyKey !== undefined) draft.header.set(header, values.idempotencyKey);
      const document = operation.body === null ? undefined : documentOf(draft.body);
      const reason = misfit(operation, draft, document);
      if (reason !== null) return { type: 'unfit', reason };
      const body = document === undefined ? undefined : JSON.stringify(document);
      const path = operation.path.replaceAll(/\{([^}]+)\}/g, (_all, name: string) => encodeURIComponent(draft.path.get(name) ?? ''));
      const url = addressOf(access, path);
      for (const [name, value] of draft.query) url.searchParams.append(name, value);
      const headers = {
        accept: 'application/json',
        ...(operation.body === null ? {} : { 'content-type': operation.body.contentType }),
        ...Object.fromEntries(draft.header),
        ...accessHeaders(access, mapping, { body, nowEpochMs: clock.epochMs() }),
      };
      const result = await http.send({
        method: operation.method,
        url,
        headers,
        ...(body === undefined ? {} : { body }),
        signal,
        traceparent,
        template: operation.path,
      });
      return result.type === 'failed' ? result : judged(bound, result.answer);
    },
  };
}
