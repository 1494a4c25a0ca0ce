import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from '../../domain/scenario/scenario.ts';
import { readBody } from './read-body.ts';
import { give, misbehave, textAnswer, type Answer, type Exchange, type RequestFault } from './misbehave.ts';

type DestinationFault = Extract<Fault, { readonly type: 'destination' }>;

/** Methods that change a server, unless the caller knows better; armed faults let everything else pass. */
const WRITES: ReadonlySet<string> = new Set(['PUT', 'DELETE', 'POST', 'MOVE', 'COPY', 'PROPPATCH']);
/** How long the port stays closed for each `refused` write, in milliseconds. */
const CLOSED_MS = 1000;

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

/** Decides on the fault of one request. */
export type FaultChooser = (request: ProxiedRequest) => RequestFault | null;

/** How requests are passed on, where that is not simply as they come. */
export interface ProxyRouting {
  /** The path that a request is passed on under. */
  readonly route?: (request: ProxiedRequest) => string;
  /** Told of every answer of the destination, and of every request that never got one (null). */
  readonly onAnswered?: (request: ProxiedRequest, status: number | null) => void;
}

/** A server in front of a destination that misbehaves on demand. */
export interface FaultProxy {
  readonly port: number;
  /** Replaces the faults; counts begin at zero. The first of them that is not used up hits a write. */
  arm(faults: readonly DestinationFault[]): void;
  /** Asks `choose` about every request that no armed fault hits, reading ones among them; null ends that. */
  direct(choose: FaultChooser | null): void;
  /** Hits so far, in the order of `arm`. */
  hits(): readonly { readonly fault: DestinationFault; readonly hits: number }[];
  /** Ends faults that have no number and no time of their own: they last as long as the call. Their hits still count. */
  relent(): Promise<void>;
  /** Ends everything that is armed; the destination behaves again. */
  disarm(): Promise<void>;
  /** Writes that came by since `arm`, whether they were hit or not. */
  writes(): number;
  /** Resolves when nothing that was held back is still on its way. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

function isActive({ fault, hits, firstHitAtMs, isOver }: ArmedFault, nowMs: number): boolean {
  if (isOver) return false;
  if (fault.forSeconds !== null) return firstHitAtMs === null || nowMs - firstHitAtMs < fault.forSeconds * 1000;
  return fault.times === null || hits < fault.times;
}

function closedMsOf({ kind, times, forSeconds }: DestinationFault): number | null {
  if (forSeconds !== null) return forSeconds * 1000;
  return kind === 'down' && times === null ? null : CLOSED_MS;
}

interface Upstream {
  readonly host: string;
  readonly port: number;
}

function passOn(upstream: Upstream, incoming: IncomingMessage, { path, body }: ProxiedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = forward(
      {
        ...upstream,
        method: incoming.method,
        path,
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

/** Work that is done after a delay, and can be waited for. */
function createBacklog(): { readonly later: Exchange['later']; quiet(): Promise<void>; clear(): void } {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<unknown>>();
  return {
    later: (delayMs, work) => {
      const done = Promise.withResolvers<void>();
      running.add(done.promise);
      const finish = (): void => {
        running.delete(done.promise);
        done.resolve();
      };
      const timer = setTimeout(() => {
        timers.delete(timer);
        work().then(finish, finish);
      }, delayMs);
      timers.add(timer);
    },
    quiet: async () => {
      await Promise.all(running);
    },
    clear: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The listening side: its connections, and doors that can be closed for a while. */
function createDoors(handle: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>): {
  readonly open: () => Promise<void>;
  readonly start: () => Promise<number>;
  readonly closeDoors: Exchange['closeDoors'];
  readonly close: () => Promise<void>;
} {
  let port = 0;
  let reopening: NodeJS.Timeout | undefined;
  const sockets = new Set<Socket>();
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
  const open = async (): Promise<void> => {
    clearTimeout(reopening);
    if (!server.listening) await listen(server, port);
  };
  return {
    open,
    start: async () => {
      port = await listen(server, 0);
      return port;
    },
    closeDoors: (ms) => {
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      clearTimeout(reopening);
      if (ms !== null) reopening = setTimeout(() => void open(), ms);
    },
    close: async () => {
      clearTimeout(reopening);
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Listens on a free loopback port and passes everything on to `upstream`, except for requests that a fault hits: an armed one hits
 * writes, a chooser may hit any. A timeout leaves the connection open without an answer; `refused` and `down` also close the port for
 * a while, so that new connections are refused.
 */
export async function createFaultProxy(
  upstream: Upstream,
  isWrite: (request: ProxiedRequest) => boolean = ({ method }) => WRITES.has(method),
  { route, onAnswered }: ProxyRouting = {},
): Promise<FaultProxy> {
  let armed: ArmedFault[] = [];
  let writes = 0;
  let choose: FaultChooser | null = null;
  const backlog = createBacklog();
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = { method: incoming.method ?? '', path: incoming.url ?? '', body: await readBody(incoming) };
    const ask = async (): Promise<Answer> => {
      const onward = route === undefined ? asked : { ...asked, path: route(asked) };
      try {
        const answer = await passOn(upstream, incoming, onward);
        onAnswered?.(asked, answer.status);
        return answer;
      } catch (error) {
        onAnswered?.(asked, null);
        throw error;
      }
    };
    const exchange = { incoming, response, upstream: ask, closeDoors: doors.closeDoors, later: backlog.later };
    if (isWrite(asked)) {
      writes += 1;
      const nowMs = performance.now();
      const hit = armed.find((candidate) => isActive(candidate, nowMs));
      if (hit !== undefined) {
        hit.hits += 1;
        hit.firstHitAtMs ??= nowMs;
        return misbehave(hit.fault, exchange, closedMsOf(hit.fault));
      }
    }
    const chosen = choose?.(asked) ?? null;
    return chosen === null ? give(response, await ask()) : misbehave(chosen, exchange, CLOSED_MS);
  };
  const doors = createDoors(handle);
  const port = await doors.start();
  return {
    port,
    arm: (faults) => {
      armed = faults.map((fault) => ({ fault, hits: 0, firstHitAtMs: null, isOver: false }));
      writes = 0;
    },
    direct: (chooser) => {
      choose = chooser;
    },
    hits: () => armed.map(({ fault, hits }) => ({ fault, hits })),
    writes: () => writes,
    relent: async () => {
      for (const candidate of armed) if (candidate.fault.times === null && candidate.fault.forSeconds === null) candidate.isOver = true;
      await doors.open();
    },
    disarm: async () => {
      armed = [];
      choose = null;
      await doors.open();
    },
    quiet: () => backlog.quiet(),
    close: async () => {
      backlog.clear();
      await doors.close();
    },
  };
}
