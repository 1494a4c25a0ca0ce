import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Notifier } from '../../../ports/notifier.ts';
import { accessHeaders, type AccessRules, type HttpAccess } from '../http/access.ts';
import { statusError, unreachable } from '../http/classify.ts';
import { createHttpClient } from '../http/http-client.ts';
import { createTokenBucket, UNLIMITED } from '../http/token-bucket.ts';
import { createBoundedNotifier } from './bounded-notifier.ts';

export interface WebhookNotifierOptions {
  /** The receiver's address and the secret that alerts are signed with. */
  readonly access: HttpAccess & { readonly signingSecret: () => string };
  readonly clock: Clock;
  readonly log: Logger;
}

/** Posts alerts as signed JSON (`docs/REST.md`); any 2xx is taken as received. */
export function createWebhookNotifier({ access, clock, log }: WebhookNotifierOptions): Notifier & { close(): Promise<void> } {
  const http = createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock, ca: access.ca });
  const url = new URL(access.url);
  const rules: AccessRules = { auth: { type: access.credential === undefined ? 'none' : 'bearer' }, signed: true };
  const notifier = createBoundedNotifier({
    name: 'webhook',
    clock,
    log,
    send: async ({ code, subject, atEpochMs }, { id, signal }) => {
      const body = JSON.stringify({ version: 1, id, code, subject, at: new Date(atEpochMs).toISOString() });
      const signed = accessHeaders(access, rules, { body, nowEpochMs: clock.epochMs() });
      const headers = { 'content-type': 'application/json', 'idempotency-key': id, ...signed };
      const result = await http.send({ method: 'POST', url, headers, body, signal });
      if (result.type === 'failed') return { type: 'again', code: unreachable(result).code };
      const { status, isHtml } = result.answer;
      if (status >= 200 && status < 300 && !isHtml) return { type: 'delivered' };
      const isBusy = status === 429 || status >= 500;
      return { type: isBusy ? 'again' : 'refused', code: statusError(result.answer).code };
    },
  });
  return { ...notifier, close: () => http.close() };
}
