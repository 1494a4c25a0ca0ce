import { AppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { failedWrite, refusedWrite, statusError, unreachable } from '../http/classify.ts';
import type { FailedRequest, HttpAnswer, Trust } from '../http/http-client.ts';

/** One database of an Odoo server, and whose API key is used. */
export interface OdooAccess extends Trust {
  readonly url: string;
  readonly database: string;
  /** `json2` from Odoo 19 on; `jsonrpc` for the versions before it, which go on speaking it until Odoo 22. */
  readonly wire: 'json2' | 'jsonrpc';
  /** Login of the user; the older form asks for it. */
  readonly login: string;
  readonly apiKey: () => string;
}

/** A call of a method of a model; every call is one transaction of the database. */
export interface OdooCall {
  readonly model: string;
  readonly method: string;
  /** Records that the method is called on; absent for methods of the model itself. */
  readonly ids?: readonly number[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

export type OdooReply =
  | { readonly type: 'value'; readonly value: unknown }
  /** Odoo's own error: the name of a Python exception. Its transaction was discarded. */
  | { readonly type: 'error'; readonly name: string; readonly retryAfterMs: number | null }
  /** An answer that is not Odoo's: of a proxy, a gateway, a login page. */
  | { readonly type: 'strange'; readonly answer: HttpAnswer }
  | FailedRequest;

/** One of the two forms in which Odoo is spoken to. */
export interface OdooWire {
  /** Throws what comes before the call is sent: a secret that cannot be read, a refused login (`destination_unauthorized`). */
  call(call: OdooCall, options: DestinationOptions): Promise<OdooReply>;
}

const UNAUTHORIZED: ReadonlySet<string> = new Set([
  'werkzeug.exceptions.Unauthorized',
  'werkzeug.exceptions.Forbidden',
  'odoo.exceptions.AccessDenied',
  'odoo.exceptions.AccessError',
  'odoo.http.SessionExpiredException',
]);
/** Two transactions got in each other's way, or no connection to the database was free. */
const BUSY: ReadonlySet<string> = new Set([
  'odoo.exceptions.ConcurrencyError',
  'odoo.exceptions.LockError',
  'psycopg2.errors.SerializationFailure',
  'psycopg2.errors.DeadlockDetected',
  'psycopg2.errors.LockNotAvailable',
  'psycopg2.OperationalError',
  'psycopg2.pool.PoolError',
]);
/** A model or method that is not there: a module is missing, or the address is wrong. */
const NOT_THERE: ReadonlySet<string> = new Set(['werkzeug.exceptions.NotFound']);
/** What the method itself refuses; a repeat would be refused again. */
const FINAL: ReadonlySet<string> = new Set([
  'odoo.exceptions.UserError',
  'odoo.exceptions.ValidationError',
  'odoo.exceptions.RedirectWarning',
  'odoo.exceptions.MissingError',
  'psycopg2.errors.ForeignKeyViolation',
  'psycopg2.errors.NotNullViolation',
  'werkzeug.exceptions.UnprocessableEntity',
  'builtins.ValueError',
  'builtins.KeyError',
  'builtins.TypeError',
]);
/** Deletes of what is gone already. */
export const MISSING = 'odoo.exceptions.MissingError';

type Failure = Exclude<OdooReply, { readonly type: 'value' }>;

/** What a failed call means for a write. An error that is not known may have come after the transaction, and leaves the outcome open. */
export function failedCall(reply: Failure): WriteResult {
  if (reply.type === 'failed') return failedWrite(reply);
  if (reply.type === 'strange') return refusedWrite(reply.answer);
  const { name, retryAfterMs: afterMs } = reply;
  if (UNAUTHORIZED.has(name)) return { type: 'retry', code: 'destination_unauthorized', afterMs };
  if (BUSY.has(name)) return { type: 'retry', code: 'destination_unreachable', afterMs };
  if (NOT_THERE.has(name)) return { type: 'retry', code: 'destination_misbehaved', afterMs };
  return FINAL.has(name) ? { type: 'rejected', code: 'destination_rejected' } : { type: 'unknown', code: 'destination_misbehaved' };
}

/** What a failed question throws. */
export function questionError(reply: Failure): AppError {
  if (reply.type === 'failed') return unreachable(reply);
  if (reply.type === 'strange') return statusError(reply.answer);
  const details = { error: reply.name };
  if (UNAUTHORIZED.has(reply.name)) return new AppError('destination_unauthorized', 'Odoo refused the API key or a right', { details });
  if (BUSY.has(reply.name)) return new AppError('destination_unreachable', 'Odoo is busy', { details });
  return new AppError('destination_misbehaved', `Odoo answered with ${reply.name}`, { details });
}
