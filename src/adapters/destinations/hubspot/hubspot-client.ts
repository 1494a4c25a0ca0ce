import type { DestinationOptions } from '../../../ports/destination.ts';
import { answerOf, statusError } from '../http/classify.ts';
import { createJsonContract } from '../http/json-contract.ts';
import type { HttpAnswer, HttpClient, HttpResult, Trust } from '../http/http-client.ts';
import type { Rate, TokenBucket } from '../http/token-bucket.ts';

/** Access of a private app to one account. The token is read at every request, so that a mended file takes effect by itself. */
export interface HubspotAccess extends Trust {
  /** `https://api.hubapi.com`. */
  readonly url: string;
  readonly token: () => string;
}

export interface HubspotCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** Requests to one account; every answer that asks for a pause gets it. */
export interface HubspotClient {
  send(call: HubspotCall, options: DestinationOptions): Promise<HttpResult>;
  /** A question: the answer, when its status is one of those expected. Throws as a destination's `check` does. */
  ask(call: HubspotCall, expected: readonly number[], options: DestinationOptions): Promise<HttpAnswer>;
}

/**
 * HubSpot counts the requests of the last ten seconds, 100 at most on every plan, for all apps of the account together. Fifty at once and
 * five a second never make more than that in any ten seconds.
 */
export const HUBSPOT_RATE: Rate = { requestsPerSecond: 5, burst: 50 };

/** Pauses by the policy that a 429 names, in milliseconds, for answers without Retry-After; the day's count falls only at midnight. */
const PAUSES_MS: ReadonlyMap<string, number> = new Map([
  ['SECONDLY', 1000],
  ['TEN_SECONDLY_ROLLING', 10_000],
  ['DAILY', 900_000],
]);
const PAUSE_MS = 10_000;

const policy = createJsonContract<{ readonly policyName?: string }>('a HubSpot refusal', {
  type: 'object',
  properties: { policyName: { type: 'string' } },
});

/** How long a 429 wants us to wait; null for other answers. */
export function pauseMsOf({ status, retryAfterMs, body }: HttpAnswer): number | null {
  if (status !== 429) return null;
  if (retryAfterMs !== null) return retryAfterMs;
  try {
    return PAUSES_MS.get(policy.read(body).policyName ?? '') ?? PAUSE_MS;
  } catch {
    return PAUSE_MS;
  }
}

export function createHubspotClient(access: HubspotAccess, http: HttpClient, bucket: TokenBucket): HubspotClient {
  const send: HubspotClient['send'] = async ({ method, path, body }, { signal, traceparent }) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const result = await http.send({
      method,
      url: new URL(path, access.url),
      headers: { authorization: `Bearer ${access.token()}`, accept: 'application/json', ...type },
      ...json,
      signal,
      traceparent,
    });
    const pauseMs = result.type === 'answered' ? pauseMsOf(result.answer) : null;
    if (pauseMs !== null) bucket.pause(pauseMs);
    return result;
  };
  return {
    send,
    ask: async (call, expected, options) => {
      const result = await send(call, options);
      const pauseMs = result.type === 'answered' ? pauseMsOf(result.answer) : null;
      if (pauseMs !== null) throw statusError({ status: 429, isHtml: false, retryAfterMs: pauseMs });
      return answerOf(result, expected);
    },
  };
}
