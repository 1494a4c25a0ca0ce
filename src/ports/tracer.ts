/** call > turn > op > attempt > http */
export type SpanName = 'call' | 'turn' | 'op' | 'attempt' | 'http';

/** Everything that a span may say. Ids of calls and operations are no personal data; names, numbers and words of callers are never here. */
export type SpanAttribute =
  | 'vestibule.call.id'
  | 'vestibule.call.outcome'
  | 'vestibule.turn.number'
  | 'vestibule.turn.response_ms'
  | 'vestibule.op.id'
  | 'vestibule.op.kind'
  | 'vestibule.op.outcome'
  | 'vestibule.op.attempts'
  | 'vestibule.destination'
  | 'vestibule.attempt.phase'
  | 'vestibule.attempt.outcome'
  | 'http.request.method'
  | 'http.response.status_code'
  | 'server.address'
  | 'server.port'
  | 'url.template'
  | 'error.type';

export type SpanAttributes = Readonly<Partial<Record<SpanAttribute, string | number>>>;

export interface SpanStart {
  /** Trace context (W3C `traceparent`) of the span above; null begins a trace. */
  readonly parent: string | null;
  /** The context that this span was given before it began; a fresh one when absent. */
  readonly as?: string;
  /** Now when absent. */
  readonly startEpochMs?: number;
  readonly attributes?: SpanAttributes;
}

export interface Span {
  /** W3C trace context of this span, for what happens below it. */
  readonly traceparent: string;
  note(attributes: SpanAttributes): void;
  /** `failed`: the code of what went wrong. Ends once; later calls do nothing. */
  end(failed?: string | null): void;
}

/** Where time went, from the caller's word to the destination's answer. Contexts are made whether or not spans are exported. */
export interface Tracer {
  start(name: SpanName, start: SpanStart): Span;
  /** A context for a span that begins later; below `parent`, or in a trace of its own. */
  fresh(parent: string | null): string;
  /** The same context for the same seed, in every process and after every restart. */
  derived(parent: string | null, seed: string): string;
  /** Runs `work`; requests that come of it belong below `traceparent`, whoever makes them and however deep. */
  within<T>(traceparent: string, work: () => Promise<T>): Promise<T>;
  /** The context of the work that is running; null outside of `within`. */
  current(): string | null;
}

const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace id within a W3C `traceparent`, for log lines; null when it is none. */
export function traceIdOf(traceparent: string | null): string | null {
  return traceparent === null ? null : (TRACE_ID.exec(traceparent)?.[1] ?? null);
}
