import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from '../../domain/scenario/scenario.ts';

type DestinationFault = Extract<Fault, { readonly type: 'destination' }>;

/** Methods that change a server, unless the caller knows better; everything else passes untouched. */
const WRITES: ReadonlySet<string> = new Set(['PUT', 'DELETE', 'POST', 'MOVE', 'COPY', 'PROPPATCH']);
/** How long the port stays closed for each `refused` write, in milliseconds. */
const CLOSED_MS = 1000;
const BODY_BYTES_MAX = 4_194_304;

interface ArmedFault {
  readonly fault: DestinationFault;
  hits: number;
  firstHitAtMs: number | null;
  isOver: boolean;
}

/** A request as the proxy sees it. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

/** A server in front of a destination that misbehaves on demand. */
export interface FaultProxy {
  readonly port: number;
  /** Replaces the faults; counts begin at zero. The first of them that is not used up hits a write. */
  arm(faults: readonly DestinationFault[]): void;
  /** Hits so far, in the order of `arm`. */
  hits(): readonly { readonly fault: DestinationFault; readonly hits: number }[];
  /** Ends faults that have no number and no time of their own: they last as long as the call. Their hits still count. */
  relent(): Promise<void>;
  /** Ends everything that is armed; the destination behaves again. */
  disarm(): Promise<void>;
  /** Writes that came by since `arm`, whether they were hit or not. */
  writes(): number;
  close(): Promise<void>;
}

function isActive({ fault, hits, firstHitAtMs, isOver }: ArmedFault, nowMs: number): boolean {
  if (isOver) return false;
  if (fault.forSeconds !== null) return firstHitAtMs === null || nowMs - firstHitAtMs < fault.forSeconds * 1000;
  return fault.times === null || hits < fault.times;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the request is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function passOn(upstream: { readonly host: string; readonly port: number }, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = forward(
      {
        ...upstream,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, host: `${upstream.host}:${upstream.port}`, connection: 'close' },
        agent: false,
      },
      (response) => {
        readBody(response).then(
          (answer) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answer }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function give(response: ServerResponse, answer: Answer): void {
  const { 'transfer-encoding': _encoding, connection: _connection, ...headers } = answer.headers;
  response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
  response.end(answer.body);
}

const textAnswer = (status: number, text: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body: Buffer.from(text),
});
const LOGIN_PAGE: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!doctype html><title>Sign in</title><form><input name="user"></form>'),
};

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: () => Promise<Answer>;
  readonly closeDoors: (ms: number | null) => void;
}

const reset = ({ incoming }: Exchange): void => {
  incoming.socket.resetAndDestroy();
};

async function misbehave(fault: DestinationFault, exchange: Exchange): Promise<void> {
  const { response, upstream } = exchange;
  switch (fault.kind) {
    case 'refused':
      reset(exchange);
      return exchange.closeDoors(fault.forSeconds === null ? CLOSED_MS : fault.forSeconds * 1000);
    case 'down':
      reset(exchange);
      return exchange.closeDoors(fault.forSeconds !== null ? fault.forSeconds * 1000 : fault.times === null ? null : CLOSED_MS);
    case 'reset_before':
      return reset(exchange);
    case 'reset_after':
      await upstream();
      return reset(exchange);
    case 'timeout_before_commit':
      return undefined;
    case 'timeout_after_commit':
      await upstream();
      return undefined;
    case 'status_429':
      return give(response, textAnswer(429, 'too many requests', { 'retry-after': '1' }));
    case 'status_503':
      return give(response, textAnswer(503, 'unavailable', { 'retry-after': '1' }));
    case 'status_409':
      return give(response, textAnswer(409, 'conflict'));
    case 'status_500_after_commit':
      await upstream();
      return give(response, textAnswer(500, 'internal error'));
    case 'html_200':
      return give(response, LOGIN_PAGE);
    case 'slow': {
      const answer = await upstream();
      setTimeout(() => give(response, answer), fault.delayMs);
      return undefined;
    }
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/**
 * Listens on a free loopback port and passes everything on to `upstream`, except for writes that an armed fault hits. A timeout leaves the
 * connection open without an answer; `refused` and `down` also close the port for a while, so that new connections are refused.
 */
export async function createFaultProxy(
  upstream: { readonly host: string; readonly port: number },
  isWrite: (request: ProxiedRequest) => boolean = ({ method }) => WRITES.has(method),
): Promise<FaultProxy> {
  let armed: ArmedFault[] = [];
  let writes = 0;
  let reopening: NodeJS.Timeout | undefined;
  let port = 0;
  const sockets = new Set<Socket>();
  const opened = async (): Promise<void> => {
    clearTimeout(reopening);
    if (!server.listening) await listen(server, port);
  };
  const closeDoors = (ms: number | null): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    clearTimeout(reopening);
    if (ms !== null) reopening = setTimeout(() => void opened(), ms);
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(incoming);
    const ask = (): Promise<Answer> => passOn(upstream, incoming, body);
    const asked = { method: incoming.method ?? '', path: incoming.url ?? '', body };
    if (!isWrite(asked)) return give(response, await ask());
    writes += 1;
    const nowMs = performance.now();
    const hit = armed.find((candidate) => isActive(candidate, nowMs));
    if (hit === undefined) return give(response, await ask());
    hit.hits += 1;
    hit.firstHitAtMs ??= nowMs;
    return misbehave(hit.fault, { incoming, response, upstream: ask, closeDoors });
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => {
      if (!response.headersSent) give(response, textAnswer(502, 'the destination did not answer'));
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  port = await listen(server, 0);
  return {
    port,
    arm: (faults) => {
      armed = faults.map((fault) => ({ fault, hits: 0, firstHitAtMs: null, isOver: false }));
      writes = 0;
    },
    hits: () => armed.map(({ fault, hits }) => ({ fault, hits })),
    writes: () => writes,
    relent: async () => {
      for (const candidate of armed) if (candidate.fault.times === null && candidate.fault.forSeconds === null) candidate.isOver = true;
      await opened();
    },
    disarm: async () => {
      armed = [];
      await opened();
    },
    close: async () => {
      clearTimeout(reopening);
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
