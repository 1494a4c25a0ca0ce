import { AppError, toAppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { FailedRequest, HttpAnswer, HttpResult } from './http-client.ts';

/** Statuses that say: not now, nothing was done. 401 and 403 end when the credential is mended, 404 when the address is. */
const NOT_DONE: ReadonlySet<number> = new Set([401, 403, 404, 423, 429, 503, 507]);

/** Nothing is known about the write; or nothing was written, when the request never left. */
export function failedWrite(failed: Pick<FailedRequest, 'sent' | 'error'>): WriteResult {
  const { code } = unreachable(failed);
  return failed.sent ? { type: 'unknown', code } : { type: 'retry', code, afterMs: null };
}

/** A question before a write that failed: nothing was written. The server's wish to be left alone (`details.retryAfterMs`) is kept. */
export function notWritten(error: unknown): WriteResult {
  const { code, details } = toAppError(error, 'destination_misbehaved');
  const waitMs = details['retryAfterMs'];
  return { type: 'retry', code, afterMs: typeof waitMs === 'number' ? waitMs : null };
}

/**
 * A write under a key that was answered with neither success nor a conflict known to the system. A repeat under the same key is harmless,
 * so that a busy server may simply be asked again; other 4xx are final; everything else, HTML pages among it, leaves the outcome open.
 */
export function refusedWrite(answer: HttpAnswer): WriteResult {
  const { status, retryAfterMs, isHtml } = answer;
  const { code } = statusError(answer);
  if (NOT_DONE.has(status)) return { type: 'retry', code, afterMs: retryAfterMs };
  if (status >= 400 && status < 500 && !isHtml) return { type: 'rejected', code: 'destination_rejected' };
  return { type: 'unknown', code };
}

/** What a status other than the expected one means. */
export function statusError({
  status,
  isHtml,
  retryAfterMs = null,
}: Pick<HttpAnswer, 'status' | 'isHtml'> & Partial<Pick<HttpAnswer, 'retryAfterMs'>>): AppError {
  const details = retryAfterMs === null ? { status } : { status, retryAfterMs };
  if (status === 401 || status === 403)
    return new AppError('destination_unauthorized', 'the destination refused the credential', { details });
  if (status === 429 || status === 503) return new AppError('destination_unreachable', `the destination is busy (${status})`, { details });
  const what = isHtml ? `an HTML page (${status})` : `status ${status}`;
  return new AppError('destination_misbehaved', `the destination answered with ${what}`, { details });
}

/** What stands in the way of a request, by its cause, for whoever has to mend it. */
const OBSTACLES: readonly (readonly [cause: RegExp, obstacle: string])[] = [
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'its name cannot be resolved'],
  [/^ECONNREFUSED$/, 'nothing listens at its address'],
  [/^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/, 'no connection to its address could be made'],
  [
    /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE))/,
    'its certificate is not trusted; name that of its authority in caFile',
  ],
  [/CERT|ALTNAME|UNABLE_TO_/, 'its certificate is not trusted'],
  [/^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/, 'it does not speak TLS as expected'],
  [/^(?:HPE_|HTTPParserError$)/, 'it does not speak HTTP'],
];

/** A system that gave no answer, by the cause of that where it is known; or our own error, which kept the request from leaving. */
export function unreachable({ cause, error }: Pick<FailedRequest, 'cause' | 'error'> = {}, system = 'the destination'): AppError {
  if (error !== undefined) return error;
  const what = `${system} does not answer`;
  if (cause === undefined) return new AppError('destination_unreachable', what);
  const obstacle = OBSTACLES.find(([pattern]) => pattern.test(cause))?.[1];
  return new AppError('destination_unreachable', obstacle === undefined ? `${what} (${cause})` : `${what}: ${obstacle} (${cause})`);
}

/** The answer of a question. Throws `destination_unreachable`, and by status `destination_unauthorized` or `destination_misbehaved`. */
export function answerOf(result: HttpResult, expected: readonly number[]): HttpAnswer {
  if (result.type === 'failed') throw unreachable(result);
  const { answer } = result;
  if (!expected.includes(answer.status) || answer.isHtml) throw statusError(answer);
  return answer;
}
