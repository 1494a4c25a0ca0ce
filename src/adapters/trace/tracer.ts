import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { SpanAttributes, SpanName, Tracer } from '../../ports/tracer.ts';

/** A span that has ended. Ids are lower-case hexadecimal, times epoch milliseconds. */
export interface EndedSpan {
  readonly name: SpanName;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly startEpochMs: number;
  readonly endEpochMs: number;
  readonly attributes: SpanAttributes;
  /** Code of what went wrong. */
  readonly failed: string | null;
}

export interface TracerOptions {
  readonly clock: Clock;
  /** Takes what has ended; null when nothing is exported: contexts are made all the same, for log lines and destinations. */
  readonly export: ((span: EndedSpan) => void) | null;
}

interface Context {
  readonly traceId: string;
  readonly spanId: string;
}

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
/** W3C Trace Context, level 1: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const NO_TRACE = '0'.repeat(TRACE_BYTES * 2);

const random = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A context that is malformed is none, as the recommendation has it. */
function contextOf(traceparent: string | null): Context | null {
  const [, traceId, spanId] = (traceparent === null ? null : TRACEPARENT.exec(traceparent)) ?? [];
  return traceId === undefined || spanId === undefined || traceId === NO_TRACE ? null : { traceId, spanId };
}

/** Traces in the W3C form. Times of spans are wall time. */
export function createTracer({ clock, export: exportSpan }: TracerOptions): Tracer {
  const running = new AsyncLocalStorage<string>();
  const flags = exportSpan === null ? '00' : '01';
  const text = ({ traceId, spanId }: Context): string => `00-${traceId}-${spanId}-${flags}`;
  const below = (parent: Context | null): Context => ({ traceId: parent?.traceId ?? random(TRACE_BYTES), spanId: random(SPAN_BYTES) });
  return {
    within: (traceparent, work) => running.run(traceparent, work),
    current: () => running.getStore() ?? null,
    fresh: (parent) => text(below(contextOf(parent))),
    derived: (parent, seed) => {
      const digest = createHash('sha256').update(seed).digest('hex');
      const traceId = contextOf(parent)?.traceId ?? digest.slice(SPAN_BYTES * 2, (SPAN_BYTES + TRACE_BYTES) * 2);
      return text({ traceId, spanId: digest.slice(0, SPAN_BYTES * 2) });
    },
    start: (name, { parent, as, startEpochMs, attributes }) => {
      const above = contextOf(parent);
      const own = contextOf(as ?? null) ?? below(above);
      const begun = startEpochMs ?? clock.epochMs();
      let said: SpanAttributes = attributes ?? {};
      let isOpen = true;
      return {
        traceparent: text(own),
        note: (more) => {
          said = { ...said, ...more };
        },
        end: (failed = null) => {
          if (!isOpen) return;
          isOpen = false;
          const parentSpanId = above?.traceId === own.traceId ? above.spanId : null;
          exportSpan?.({
            name,
            ...own,
            parentSpanId,
            startEpochMs: begun,
            endEpochMs: Math.max(begun, clock.epochMs()),
            attributes: said,
            failed,
          });
        },
      };
    },
  };
}
