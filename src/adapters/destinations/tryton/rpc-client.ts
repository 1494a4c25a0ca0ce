import { AppError, toAppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import { refusedWrite, statusError, unreachable } from '../http/classify.ts';
import type { HttpAnswer, HttpClient, Trust } from '../http/http-client.ts';
import { createJsonContract } from '../http/json-contract.ts';

/** Access to one database of a Tryton server. The password is read at every login, so that a mended file takes effect by itself. */
export interface TrytonAccess extends Trust {
  /** Address of the database, with a slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly password: () => string;
}

export interface RpcCall {
  /** `model.party.party.create`, for instance. */
  readonly method: string;
  /** Without the context, which is the last argument of every method. */
  readonly params: readonly unknown[];
  readonly context?: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly traceparent?: string | undefined;
}

/** Exceptions by which Tryton refuses: it raises them inside the transaction, of which nothing stays. */
const REFUSALS = ['UserError', 'UserWarning', 'ConcurrencyException'] as const;
type Refusal = (typeof REFUSALS)[number];

/** What a call came to. `not_sent`: the method was never run; `undecided`: it may have run. */
export type RpcOutcome =
  | { readonly type: 'result'; readonly value: unknown }
  | { readonly type: 'refused'; readonly exception: Refusal }
  | { readonly type: 'answered'; readonly answer: HttpAnswer }
  | { readonly type: 'not_sent'; readonly error: AppError; readonly afterMs: number | null }
  | { readonly type: 'undecided'; readonly error: AppError };

/** Tryton's JSON-RPC: one session for all calls; when the server has forgotten it, one login and one repeat. Never throws. */
export interface TrytonRpc {
  call(call: RpcCall): Promise<RpcOutcome>;
  close(): Promise<void>;
}

/** Bound of a login, which all calls that need the session wait for, in milliseconds. */
const LOGIN_MS_MAX = 10_000;
const UNAUTHORIZED = 401;
const CONFLICT = 409;

interface Envelope {
  readonly result?: unknown;
  readonly error?: readonly unknown[];
}
const envelope = createJsonContract<Envelope>('the answer of Tryton', {
  type: 'object',
  required: ['id'],
  properties: { id: {} },
  oneOf: [
    { required: ['result'], properties: { result: {} } },
    { required: ['error'], properties: { error: { type: 'array', minItems: 1 } } },
  ],
});
const identity = createJsonContract<readonly [userId: number, key: string]>('the session of Tryton', {
  type: 'array',
  minItems: 2,
  maxItems: 2,
  prefixItems: [{ type: 'integer' }, { type: 'string', minLength: 1 }],
});

type Login = { readonly session: string } | { readonly error: AppError; readonly afterMs: number | null };

/** A client of `access`, over a client whose bucket is the credential's. */
export function createTrytonRpc(access: TrytonAccess, http: HttpClient): TrytonRpc {
  let current: Promise<Login> | null = null;
  const post = (body: unknown, headers: Readonly<Record<string, string>>, call: Pick<RpcCall, 'signal' | 'traceparent'>) =>
    http.send({
      method: 'POST',
      url: new URL(access.url),
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: call.signal,
      traceparent: call.traceparent,
    });
  const login = async (): Promise<Login> => {
    try {
      const params = [access.user, { password: access.password() }, 'en'];
      const sent = await post({ id: 0, method: 'common.db.login', params }, {}, { signal: AbortSignal.timeout(LOGIN_MS_MAX) });
      if (sent.type === 'failed') return { error: unreachable(sent), afterMs: null };
      const { answer } = sent;
      if (answer.status !== 200 || answer.isHtml) return { error: statusError(answer), afterMs: answer.retryAfterMs };
      const { result, error } = envelope.read(answer.body);
      if (error !== undefined) throw new AppError('destination_unauthorized', 'Tryton asks for more than a password');
      const [userId, key] = identity.check(result);
      return { session: Buffer.from(`${access.user}:${userId}:${key}`).toString('base64') };
    } catch (error) {
      return { error: toAppError(error, 'destination_misbehaved'), afterMs: null };
    }
  };
  const begin = (): Promise<Login> => {
    const begun = login().then((outcome) => {
      if ('error' in outcome && current === begun) current = null;
      return outcome;
    });
    current = begun;
    return begun;
  };
  /** A session that is not `stale`. Many callers wait for one login; one that failed is told to them and tried anew by the next. */
  const sessionOtherThan = async (stale: string | null): Promise<Login> => {
    const before = current;
    if (before !== null) {
      const known = await before;
      if ('error' in known || known.session !== stale) return known;
      if (current === before) current = null;
    }
    return current ?? begin();
  };
  const attempt = async (call: RpcCall, stale: string | null): Promise<RpcOutcome & { readonly session?: string }> => {
    const known = await orAborted(sessionOtherThan(stale), call.signal);
    if (known === null) return { type: 'not_sent', error: unreachable(), afterMs: null };
    if ('error' in known) return { type: 'not_sent', ...known };
    const { session } = known;
    const body = { id: 1, method: call.method, params: [...call.params, call.context ?? {}] };
    const sent = await post(body, { authorization: `Session ${session}` }, call);
    if (sent.type === 'answered') return { ...outcomeOf(sent.answer), session };
    return sent.sent ? { type: 'undecided', error: unreachable(sent) } : { type: 'not_sent', error: unreachable(sent), afterMs: null };
  };
  return {
    call: async (call) => {
      const first = await attempt(call, null);
      if (first.type !== 'answered' || first.answer.status !== UNAUTHORIZED) return first;
      return attempt(call, first.session ?? null);
    },
    close: () => http.close(),
  };
}

function outcomeOf(answer: HttpAnswer): RpcOutcome {
  if (answer.status !== 200 || answer.isHtml) return { type: 'answered', answer };
  try {
    const { result, error } = envelope.read(answer.body);
    if (error === undefined) return { type: 'result', value: result };
    const exception = REFUSALS.find((name) => name === error[0]);
    if (exception !== undefined) return { type: 'refused', exception };
    // Any other exception may have come while the transaction was being committed.
    return { type: 'undecided', error: new AppError('destination_misbehaved', 'Tryton answered with an exception of its own') };
  } catch (cause) {
    return { type: 'undecided', error: toAppError(cause, 'destination_misbehaved') };
  }
}

/** Waits for `work`, which goes on by itself, no longer than until `signal` aborts: null then. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return null;
  let stop = (): void => undefined;
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The value of a question. Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
export function valueOf(outcome: RpcOutcome): unknown {
  switch (outcome.type) {
    case 'result':
      return outcome.value;
    case 'refused':
      throw new AppError('destination_misbehaved', 'Tryton refused a question', { details: { exception: outcome.exception } });
    case 'answered':
      throw statusError(outcome.answer);
    case 'not_sent':
    case 'undecided':
      throw outcome.error;
  }
}

/** What a write that gave no result came to. */
export function failedCall(outcome: Exclude<RpcOutcome, { readonly type: 'result' }>): WriteResult {
  switch (outcome.type) {
    case 'refused':
      return { type: 'rejected', code: 'destination_rejected' };
    case 'answered': {
      // Tryton refuses with status 200; a conflict is that of something in front of it, which has not passed the call on.
      const { status, retryAfterMs } = outcome.answer;
      if (status === CONFLICT) return { type: 'retry', code: 'destination_conflict', afterMs: retryAfterMs };
      return refusedWrite(outcome.answer);
    }
    case 'not_sent':
      return { type: 'retry', code: outcome.error.code, afterMs: outcome.afterMs };
    case 'undecided':
      return { type: 'unknown', code: outcome.error.code };
  }
}
