import { request } from 'undici';
import type { Logger } from '../../ports/logger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { traceRequest } from './otlp-json.ts';
import type { EndedSpan } from './tracer.ts';

/** Spans that wait for the collector; the oldest make room, and are counted. */
const WAITING_MAX = 2048;
const BATCH_MAX = 256;
const SEND_EVERY_MS = 2000;
const SEND_MS_MAX = 5000;

/** Answers after which the same spans are sent again (OTLP specification, OTLP/HTTP response). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface ExporterOptions {
  /** Where traces go, path included: `http://collector:4318/v1/traces`. */
  readonly url: string;
  readonly process: string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Hands spans to a collector as OTLP/HTTP JSON. What it cannot deliver never holds anything up. */
export interface Exporter {
  take(span: EndedSpan): void;
  /** Sends what waits, once; for the end of a process. Never rejects. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function createOtlpExporter({ url, process, log, metrics }: ExporterOptions): Exporter {
  const waiting: EndedSpan[] = [];
  let isAway = false;
  let sending: Promise<void> = Promise.resolve();
  const drop = (count: number): void => {
    for (let dropped = 0; dropped < count; dropped += 1) metrics.count('trace_spans_dropped_total');
  };
  const post = async (batch: readonly EndedSpan[]): Promise<number | null> => {
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(traceRequest(process, batch)),
        signal: AbortSignal.timeout(SEND_MS_MAX),
      });
      await answer.body.dump();
      return answer.statusCode;
    } catch {
      return null;
    }
  };
  /** One batch; what a collector refuses for good is dropped, what it may take later goes back to the front. */
  const sendOne = async (): Promise<void> => {
    const batch = waiting.splice(0, BATCH_MAX);
    if (batch.length === 0) return;
    const status = await post(batch);
    const isTaken = status !== null && status >= 200 && status < 300;
    if (!isTaken && (status === null || RETRYABLE.has(status))) {
      waiting.unshift(...batch);
      drop(waiting.splice(0, Math.max(0, waiting.length - WAITING_MAX)).length);
    } else if (!isTaken) drop(batch.length);
    if (!isTaken && !isAway) log.warn('traces are not taken by the collector', { status });
    isAway = !isTaken;
  };
  const send = (): Promise<void> => {
    sending = sending.then(sendOne);
    return sending;
  };
  const timer = setInterval(() => void send(), SEND_EVERY_MS);
  timer.unref();
  return {
    take: (span) => {
      if (waiting.length >= WAITING_MAX) drop(waiting.splice(0, 1).length);
      waiting.push(span);
      if (waiting.length === BATCH_MAX) void send();
    },
    flush: send,
    close: async () => {
      clearInterval(timer);
      await send();
    },
  };
}
