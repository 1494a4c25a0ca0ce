import type { Clock } from '../../../base/clock.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { accessHeaders, authorised, type AccessRules, type HttpAccess } from './access.ts';
import { statusError, unreachable } from './classify.ts';
import type { HttpClient } from './http-client.ts';

/** What `knock` needs. */
export interface Knocking {
  readonly access: HttpAccess;
  readonly rules: AccessRules;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/**
 * Asks whether someone is there, where no operation does: an OPTIONS request that changes nothing. Every answer will do that is neither a
 * refusal of the credential nor a failure of the server. Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`.
 */
export async function knock({ access, rules, http, clock }: Knocking, { signal, traceparent }: DestinationOptions): Promise<void> {
  const headers = accessHeaders(access, rules, { body: undefined, nowEpochMs: clock.epochMs() });
  const result = await authorised(http, access).send({ method: 'OPTIONS', url: new URL(access.url), headers, signal, traceparent });
  if (result.type === 'failed') throw unreachable(result);
  const { status } = result.answer;
  if (status === 401 || status === 403 || status === 429 || status >= 500) throw statusError(result.answer);
}
