import { createRequestShapes, startJsonServer } from '../json-server.ts';

/**
 * Stands for an OpenTelemetry collector that takes traces over OTLP/HTTP in JSON at /v1/traces (opentelemetry-proto 1.x, OTLP
 * specification 1.x). Requests are held against the published shape: ids in lower-case hexadecimal, 64-bit numbers as text, enums as
 * numbers, no unknown fields. Left out: protobuf bodies, compression, partial success, metrics and logs.
 */
export interface OtlpCollector {
  readonly url: string;
  readonly spans: readonly OtlpSpan[];
  /** The next requests are answered with these, oldest first. */
  readonly answers: number[];
  violations(): readonly string[];
  close(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

export interface OtlpSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly Attribute[];
}

const attributes = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['key', 'value'],
    properties: {
      key: { type: 'string', minLength: 1 },
      value: {
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
        properties: { stringValue: { type: 'string' }, intValue: { type: 'string', pattern: '^-?\\d+$' }, doubleValue: { type: 'number' } },
      },
    },
  },
} as const;

const span = {
  type: 'object',
  additionalProperties: false,
  required: ['traceId', 'spanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano', 'attributes', 'status'],
  properties: {
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    spanId: { type: 'string', pattern: '^[0-9a-f]{16}$' },
    parentSpanId: { type: 'string', pattern: '^[0-9a-f]{16}$' },
    name: { type: 'string', minLength: 1 },
    kind: { enum: [1, 2, 3, 4, 5] },
    startTimeUnixNano: { type: 'string', pattern: '^\\d{19}$' },
    endTimeUnixNano: { type: 'string', pattern: '^\\d{19}$' },
    attributes,
    status: {
      type: 'object',
      additionalProperties: false,
      properties: { code: { enum: [0, 1, 2] }, message: { type: 'string' } },
    },
  },
} as const;

const exportRequest = {
  type: 'object',
  additionalProperties: false,
  required: ['resourceSpans'],
  properties: {
    resourceSpans: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['resource', 'scopeSpans'],
        properties: {
          resource: { type: 'object', additionalProperties: false, properties: { attributes } },
          scopeSpans: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['spans'],
              properties: {
                scope: { type: 'object', additionalProperties: false, properties: { name: { type: 'string' } } },
                spans: { type: 'array', items: span },
              },
            },
          },
        },
      },
    },
  },
} as const;

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<OtlpSpan, 'service'>[] }[];
  }[];
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const shapes = createRequestShapes({ export: exportRequest });
  const spans: OtlpSpan[] = [];
  const answers: number[] = [];
  const server = await startJsonServer(async ({ method, url, headers, body }) => {
    if (method !== 'POST' || url.pathname !== '/v1/traces') return { status: 404, body: null };
    if (headers['content-type'] !== 'application/json') return { status: 415, body: null };
    const status = answers.shift() ?? 200;
    if (status !== 200) return { status, body: null };
    const problem = shapes.problemOf('export', body);
    if (problem !== null) return { status: 400, body: { code: 3, message: problem } };
    for (const { resource, scopeSpans } of (body as ExportRequest).resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((one) => ({ ...one, service }))));
    }
    return { status: 200, body: {} };
  });
  return {
    url: `http://127.0.0.1:${server.port}/v1/traces`,
    spans,
    answers,
    violations: () => shapes.violations(),
    close: () => server.close(),
  };
}
