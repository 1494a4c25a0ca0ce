import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import type { OdooAccess, OdooReply, OdooWire } from './wire.ts';

/** The name in Odoo's own error object, or null when the answer is not Odoo's. */
function errorName(body: string): string | null {
  const value = parsed(body);
  if (typeof value !== 'object' || value === null || !('name' in value) || !('arguments' in value)) return null;
  return typeof value.name === 'string' ? value.name : null;
}

/** Undefined for what is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function replyOf(answer: HttpAnswer): OdooReply {
  if (answer.isHtml) return { type: 'strange', answer };
  if (answer.status === 200) {
    const value = parsed(answer.body);
    return value === undefined ? { type: 'strange', answer } : { type: 'value', value };
  }
  const name = errorName(answer.body);
  return name === null ? { type: 'strange', answer } : { type: 'error', name, retryAfterMs: answer.retryAfterMs };
}

/** JSON-2, the External API from Odoo 19 on: POST /json/2/MODEL/METHOD with an API key, named parameters, and real status codes. */
export function createJson2Wire(access: OdooAccess, http: HttpClient): OdooWire {
  return {
    call: async ({ model, method, ids, parameters, context }, { signal, traceparent }) => {
      const result = await http.send({
        method: 'POST',
        url: new URL(`json/2/${model}/${method}`, `${access.url.replace(/\/+$/, '')}/`),
        headers: {
          authorization: `bearer ${access.apiKey()}`,
          'content-type': 'application/json; charset=utf-8',
          'x-odoo-database': access.database,
        },
        body: JSON.stringify({ ...(ids === undefined ? {} : { ids }), context, ...parameters }),
        signal,
        traceparent,
      });
      return result.type === 'failed' ? result : replyOf(result.answer);
    },
  };
}
