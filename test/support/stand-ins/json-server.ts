import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { Ajv2020, type SchemaObject } from 'ajv/dist/2020.js';

export interface JsonRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; null when there is none, or when it is not JSON. */
  readonly body: unknown;
  /** The body as it came, for signatures. */
  readonly text: string;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text as HTML, null as nothing. */
  readonly body: unknown;
}

/** A server on a loopback port that speaks JSON. */
export interface JsonServer {
  readonly port: number;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Pick<JsonRequest, 'body' | 'text'>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return { text, body: JSON.parse(text) as unknown };
  } catch {
    return { text, body: null };
  }
}

function give(response: ServerResponse, { status, headers, body }: JsonAnswer): void {
  const isHtml = typeof body === 'string';
  const type = isHtml ? 'text/html;charset=utf-8' : 'application/json;charset=utf-8';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body === null ? undefined : isHtml ? body : JSON.stringify(body));
}

/** Starts a server that answers with what `answer` says. */
export async function startJsonServer(answer: (request: JsonRequest) => Promise<JsonAnswer>): Promise<JsonServer> {
  const server = createServer((incoming, response) => {
    const handle = async (): Promise<void> => {
      const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
      const { method = 'GET', headers } = incoming;
      give(response, await answer({ method, url, headers, ...(await bodyOf(incoming)) }));
    };
    handle().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Requests are held against the shape that the vendor publishes. */
export interface RequestShapes {
  /** What is wrong with a request's body; null when it has the published shape. What was wrong is kept for `violations`. */
  problemOf(name: string, body: unknown): string | null;
  /** Every request that did not have its shape; a test fails when there is one. */
  violations(): readonly string[];
}

/** Checks bodies against schemas by the name of the request. */
export function createRequestShapes(schemas: Readonly<Record<string, SchemaObject>>): RequestShapes {
  const ajv = new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true });
  const checks = new Map(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]));
  const violations: string[] = [];
  return {
    problemOf: (name, body) => {
      const check = checks.get(name);
      if (check === undefined || check(body)) return null;
      const problem = `${name}: ${ajv.errorsText(check.errors)}`;
      violations.push(problem);
      return problem;
    },
    violations: () => violations,
  };
}
