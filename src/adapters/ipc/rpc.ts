import { AppError, isAppError } from '../../base/app-error.ts';
import { ERROR_CODES, type ErrorCode } from '../../base/error-codes.ts';
import { throwIfAborted, withTimeout } from '../../base/scope.ts';
import { connectIpc, createIpcServer, type IpcServer, type Peer } from './peer.ts';

/** Calls that may wait for an answer at once on one connection. */
const PENDING_CALLS_MAX = 1000;

interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}
type AnswerMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };
interface NotifyMessage {
  readonly topic: string;
  readonly body: unknown;
}
interface CancelMessage {
  readonly cancel: number;
}

/** Serves named methods on a Unix socket. A handler's `signal` aborts when the caller cancels or disconnects. */
export type RpcHandler = (params: unknown, options: { readonly signal: AbortSignal }) => Promise<unknown>;

export interface RpcServer extends IpcServer {
  /** Tells every connected client. */
  notify(topic: string, body: unknown): void;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

async function answer(peer: Peer, call: CallMessage, handlers: Readonly<Record<string, RpcHandler>>, signal: AbortSignal): Promise<void> {
  try {
    const handler = Object.hasOwn(handlers, call.method) ? handlers[call.method] : undefined;
    if (handler === undefined) throw new AppError('usage', `no method ${call.method}`);
    const result = await handler(call.params, { signal });
    peer.send({ id: call.id, result: result ?? null });
  } catch (error) {
    const code = isAppError(error) ? error.code : 'invariant_broken';
    peer.send({ id: call.id, error: { code, message: error instanceof Error ? error.message : String(error) } });
  }
}

export async function serveRpc(options: {
  readonly path: string;
  readonly handlers: Readonly<Record<string, RpcHandler>>;
}): Promise<RpcServer> {
  const peers = new Set<Peer>();
  const server = await createIpcServer({
    path: options.path,
    onPeer: (peer) => {
      peers.add(peer);
      const running = new Map<number, AbortController>();
      return {
        onMessage: (message) => {
          if (!isRecord(message)) return;
          if (typeof message['cancel'] === 'number') {
            running.get((message as unknown as CancelMessage).cancel)?.abort(new AppError('cancelled', 'the caller gave up'));
            return;
          }
          const call = message as unknown as CallMessage;
          const controller = new AbortController();
          running.set(call.id, controller);
          void answer(peer, call, options.handlers, controller.signal).finally(() => running.delete(call.id));
        },
        onLost: () => {
          peers.delete(peer);
          for (const controller of running.values()) controller.abort(new AppError('peer_disconnected', 'the caller is gone'));
        },
      };
    },
  });
  return {
    notify: (topic, body) => {
      for (const peer of peers) peer.send({ topic, body });
    },
    close: () => server.close(),
  };
}

export interface RpcClient {
  /** Throws the error the server threw, `peer_disconnected` when there is no connection, or `timed_out` after `limitMs`. */
  call(method: string, params: unknown, options: { readonly signal: AbortSignal; readonly limitMs: number }): Promise<unknown>;
  connected(): boolean;
  close(): void;
}

export interface RpcClientOptions {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onNotify?: (topic: string, body: unknown) => void;
  readonly onConnected?: () => void;
  readonly onLost?: () => void;
}

interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

function settle(message: AnswerMessage, waiting: Map<number, Waiter>): void {
  const waiter = waiting.get(message.id);
  waiting.delete(message.id);
  if (waiter === undefined) return;
  if ('error' in message) {
    const code = Object.hasOwn(ERROR_CODES, message.error.code) ? (message.error.code as ErrorCode) : 'invariant_broken';
    waiter.reject(new AppError(code, message.error.message));
  } else waiter.resolve(message.result);
}

export function createRpcClient(options: RpcClientOptions): RpcClient {
  const waiting = new Map<number, Waiter>();
  let lastId = 0;
  const client = connectIpc({
    path: options.path,
    signal: options.signal,
    onConnected: () => options.onConnected?.(),
    onMessage: (message) => {
      if (!isRecord(message)) return;
      if (typeof message['topic'] === 'string') options.onNotify?.((message as unknown as NotifyMessage).topic, message['body']);
      else settle(message as unknown as AnswerMessage, waiting);
    },
    onLost: () => {
      for (const waiter of waiting.values()) waiter.reject(new AppError('peer_disconnected', `lost ${options.path}`));
      waiting.clear();
      options.onLost?.();
    },
  });
  return {
    connected: () => client.connected(),
    close: () => client.close(),
    call: async (method, params, { signal, limitMs }) => {
      throwIfAborted(signal);
      if (waiting.size >= PENDING_CALLS_MAX) throw new AppError('timed_out', `${options.path} has ${PENDING_CALLS_MAX} calls waiting`);
      lastId += 1;
      const id = lastId;
      const answered = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      answered.catch(() => undefined);
      if (!client.send({ id, method, params })) {
        waiting.delete(id);
        throw new AppError('peer_disconnected', `${options.path} is not connected`);
      }
      try {
        return await withTimeout(answered, limitMs, method, signal);
      } catch (error) {
        if (waiting.delete(id)) client.send({ cancel: id });
        throw error;
      }
    },
  };
}
