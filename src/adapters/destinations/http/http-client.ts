import { setTimeout as overdueTimers } from 'node:timers/promises';
import { Agent, buildConnector, request, type Dispatcher } from 'undici';
import { isAppError, type AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { beginRequest } from './request-watch.ts';
import type { TokenBucket } from './token-bucket.ts';

export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** W3C trace context of the caller's turn. */
  readonly traceparent?: string | undefined;
  /** Path with placeholders instead of values, for traces; absent where only the path itself is known. */
  readonly template?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** The first value of a header; names in lower case. */
  readonly header: (name: string) => string | null;
  readonly isHtml: boolean;
  /** How long the server wants to be left alone: Retry-After, or on 429 the reset of its limit (X-RateLimit-Reset in Unix seconds). */
  readonly retryAfterMs: number | null;
  readonly body: string;
}

/** A request without an answer. `sent` false: the server never saw it. */
export interface FailedRequest {
  readonly type: 'failed';
  readonly sent: boolean;
  /** What the system, TLS or the client calls the failure, such as ECONNREFUSED; absent after an abort. */
  readonly cause?: string;
  /** Why no connection was opened, where that lies with us: certificates that cannot be read. */
  readonly error?: AppError;
}

export type HttpResult = { readonly type: 'answered'; readonly answer: HttpAnswer } | FailedRequest;

/** HTTP as destinations need it: bounded, rate-limited, and always clear about whether a request left. Never throws. */
export interface HttpClient {
  send(call: HttpCall): Promise<HttpResult>;
  close(): Promise<void>;
}

/** Whom connections trust. */
export interface Trust {
  /** Certificates (PEM) to trust instead of the system's; read at every connection, so that a mended file takes effect by itself. */
  readonly ca?: (() => string) | undefined;
}

export interface HttpClientOptions extends Trust {
  readonly bucket: TokenBucket;
  readonly clock: Clock;
}

const CONNECT_MS_MAX = 2000;
const CONNECTIONS_MAX = 8;
/** Largest answer that is read, in bytes. */
const BODY_BYTES_MAX = 16_777_216;
const RETRY_AFTER_MS_MAX = 3_600_000;
/** 9 September 2001: what is smaller counts something else. */
const UNIX_SECONDS_MIN = 1_000_000_000;

/** Methods that change nothing. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']);

/** The parser's error has no code where the answer is no HTTP at all. */
const PARSER_ERROR = 'HTTPParserError';

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === PARSER_ERROR ? PARSER_ERROR : '';
}

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3). */
function retryAfterMs(header: string | null, nowEpochMs: number): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowEpochMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX) : null;
}

function untilResetMs(header: string | null, nowEpochMs: number): number | null {
  const resetSeconds = Number(header ?? 0);
  return resetSeconds >= UNIX_SECONDS_MIN ? Math.min(Math.max(0, resetSeconds * 1000 - nowEpochMs), RETRY_AFTER_MS_MAX) : null;
}

/** The process was held up between the last look at whether a request may leave and its departure: while it connected, for instance. */
class HeldUp extends Error {}

/** How old the last look may be when a request leaves, in milliseconds: less than is left of a lease whose renewal is not overdue. */
export const LOOK_AGE_MS_MAX = 500;
const LOOKS_MAX = 3;

/** Tells when a request is about to be written to its connection; one that failed or was aborted before has not left, or that it throws for. */
function watchDeparture(handler: Dispatcher.DispatchHandler, departs: () => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => {
      handler.onRequestStart?.(controller, context);
      if (!controller.aborted) departs();
    },
    onResponseStart: (...answer) => handler.onResponseStart?.(...answer),
    onResponseData: (...answer) => handler.onResponseData?.(...answer),
    onResponseEnd: (...answer) => handler.onResponseEnd?.(...answer),
    onResponseError: (...failure) => handler.onResponseError?.(...failure),
  };
}

function connectorOf(ca: Trust['ca']): buildConnector.connector | buildConnector.BuildOptions {
  const options = { timeout: CONNECT_MS_MAX };
  if (ca === undefined) return options;
  // A connector for each connection: none resumes a session of certificates that are trusted no more.
  return (target, done) => buildConnector({ ...options, ca: ca() })(target, done);
}

export function createHttpClient({ bucket, clock, ca }: HttpClientOptions): HttpClient {
  const agent = new Agent({ connect: connectorOf(ca), connections: CONNECTIONS_MAX, maxResponseSize: BODY_BYTES_MAX });
  const send: HttpClient['send'] = async ({ method, url, headers, body, signal, ...traced }) => {
    try {
      await bucket.take({ signal });
    } catch {
      return { type: 'failed', sent: false };
    }
    const { traceparent, end } = beginRequest({ method, url, ...traced });
    let sent = false;
    let lookedAtMs = 0;
    const departs = (): void => {
      if (!READS.has(method) && clock.monotonicMs() - lookedAtMs > LOOK_AGE_MS_MAX) throw new HeldUp();
      sent = true;
    };
    const once = async (looks: number): Promise<Dispatcher.ResponseData> => {
      // Timers that are overdue run first: a worker that was frozen learns that its lease is another's before it changes anything.
      if (!READS.has(method)) await overdueTimers(0, undefined, { signal });
      signal.throwIfAborted();
      lookedAtMs = clock.monotonicMs();
      try {
        return await request(url, {
          // REPORT and PROPFIND are not in undici's list of HTTP methods, which it does not enforce.
          method: method as 'GET',
          headers: { ...headers, ...(traceparent === undefined ? {} : { traceparent }) },
          ...(body === undefined ? {} : { body }),
          signal,
          dispatcher: agent.compose((dispatch) => (options, handler) => dispatch(options, watchDeparture(handler, departs))),
        });
      } catch (error) {
        // By now the connection is there.
        if (error instanceof HeldUp && looks < LOOKS_MAX) return once(looks + 1);
        throw error;
      }
    };
    try {
      const answer = await once(1);
      const text = await answer.body.text();
      end({ status: answer.statusCode });
      const header = (name: string): string | null => {
        const value = answer.headers[name];
        return (typeof value === 'string' ? value : value?.[0]) ?? null;
      };
      const nowEpochMs = clock.epochMs();
      const resetMs = answer.statusCode === 429 ? untilResetMs(header('x-ratelimit-reset'), nowEpochMs) : null;
      const waitMs = retryAfterMs(header('retry-after'), nowEpochMs) ?? resetMs;
      if (waitMs !== null && (answer.statusCode === 429 || answer.statusCode === 503)) bucket.pause(waitMs);
      const isHtml = (header('content-type') ?? '').includes('html');
      return { type: 'answered', answer: { status: answer.statusCode, header, isHtml, retryAfterMs: waitMs, body: text } };
    } catch (error) {
      const cause = codeOf(error);
      end({ sent });
      const isOurs = isAppError(error) && error !== signal.reason;
      return { type: 'failed', sent, ...(cause === '' ? {} : { cause }), ...(isOurs ? { error } : {}) };
    }
  };
  return { send, close: () => agent.close() };
}
