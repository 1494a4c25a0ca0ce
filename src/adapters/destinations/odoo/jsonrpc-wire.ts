import { AppError } from '../../../base/app-error.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { createJsonContract } from '../http/json-contract.ts';
import { questionError, type OdooAccess, type OdooReply, type OdooWire } from './wire.ts';

interface Envelope {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly data?: { readonly name?: string } };
}

const envelope = createJsonContract<Envelope>('an answer of Odoo', {
  type: 'object',
  required: ['jsonrpc'],
  properties: {
    jsonrpc: { const: '2.0' },
    error: {
      type: 'object',
      required: ['code'],
      properties: { code: { type: 'integer' }, data: { type: 'object', properties: { name: { type: 'string' } } } },
    },
  },
});

const NOT_FOUND_CODE = 404;

/** An error comes inside an answer with status 200; `result` is left out when a method returns nothing. */
function replyOf(answer: HttpAnswer): OdooReply {
  if (answer.status !== 200 || answer.isHtml) return { type: 'strange', answer };
  let read: Envelope;
  try {
    read = envelope.read(answer.body);
  } catch {
    return { type: 'strange', answer };
  }
  const { error, result = null } = read;
  if (error === undefined) return { type: 'value', value: result };
  const name = error.data?.name ?? (error.code === NOT_FOUND_CODE ? 'werkzeug.exceptions.NotFound' : 'unknown');
  return { type: 'error', name, retryAfterMs: answer.retryAfterMs };
}

/**
 * JSON-RPC, the External API before Odoo 19: POST /jsonrpc with `execute_kw`. The user's id is asked for once and kept; every call carries
 * the API key, so that a mended one takes effect by itself.
 */
export function createJsonRpcWire(access: OdooAccess, http: HttpClient): OdooWire {
  let userId: number | null = null;
  let calls = 0;
  const send = async (service: string, method: string, args: readonly unknown[], options: DestinationOptions): Promise<OdooReply> => {
    calls += 1;
    const result = await http.send({
      method: 'POST',
      url: new URL('jsonrpc', `${access.url.replace(/\/+$/, '')}/`),
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ jsonrpc: '2.0', id: calls, method: 'call', params: { service, method, args } }),
      signal: options.signal,
      traceparent: options.traceparent,
    });
    return result.type === 'failed' ? result : replyOf(result.answer);
  };
  const logIn = async (options: DestinationOptions): Promise<number> => {
    const reply = await send('common', 'authenticate', [access.database, access.login, access.apiKey(), {}], options);
    if (reply.type !== 'value') throw questionError(reply);
    if (typeof reply.value !== 'number') throw new AppError('destination_unauthorized', 'Odoo refused the login or the API key');
    return reply.value;
  };
  return {
    call: async ({ model, method, ids, parameters, context }, options) => {
      const user = userId ?? (await logIn(options));
      userId = user;
      const args = [access.database, user, access.apiKey(), model, method, ids === undefined ? [] : [ids], { ...parameters, context }];
      const reply = await send('object', 'execute_kw', args, options);
      if (reply.type === 'error' && reply.name === 'odoo.exceptions.AccessDenied') userId = null;
      return reply;
    },
  };
}
