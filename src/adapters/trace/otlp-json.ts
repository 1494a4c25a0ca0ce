import type { EndedSpan } from './tracer.ts';

/** Kinds and status codes of the OpenTelemetry protocol (opentelemetry-proto, trace.proto). */
const KIND_INTERNAL = 1;
const KIND_CLIENT = 3;
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;
const NANOSECONDS_PER_MS = 1_000_000n;

type AnyValue = { readonly stringValue: string } | { readonly intValue: string } | { readonly doubleValue: number };

const value = (said: string | number): AnyValue => {
  if (typeof said === 'string') return { stringValue: said };
  return Number.isSafeInteger(said) ? { intValue: String(said) } : { doubleValue: said };
};
const attributesOf = (said: Readonly<Record<string, string | number>>): readonly { readonly key: string; readonly value: AnyValue }[] =>
  Object.entries(said).map(([key, one]) => ({ key, value: value(one) }));

const nanoseconds = (epochMs: number): string => String(BigInt(Math.round(epochMs)) * NANOSECONDS_PER_MS);

/** Spans of HTTP are named as the semantic conventions say: the method, and the template of the path where there is one. */
function nameOf({ name, attributes }: EndedSpan): string {
  if (name !== 'http') return name;
  const template = attributes['url.template'];
  return [attributes['http.request.method'] ?? 'HTTP', ...(template === undefined ? [] : [template])].join(' ');
}

function spanOf(span: EndedSpan): object {
  const { traceId, spanId, parentSpanId, startEpochMs, endEpochMs, failed } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name: nameOf(span),
    kind: span.name === 'http' ? KIND_CLIENT : KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(startEpochMs),
    endTimeUnixNano: nanoseconds(endEpochMs),
    attributes: attributesOf({ ...span.attributes, ...(failed === null ? {} : { 'error.type': failed }) }),
    status: { code: failed === null ? STATUS_UNSET : STATUS_ERROR },
  };
}

/** The body of an OTLP/HTTP export request in JSON: ids in hexadecimal, 64-bit numbers as text. */
export function traceRequest(process: string, spans: readonly EndedSpan[]): object {
  const resource = { attributes: attributesOf({ 'service.namespace': 'vestibule', 'service.name': `vestibule-${process}` }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'vestibule' }, spans: spans.map(spanOf) }] }] };
}
