import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { createFrameReader, encodeAudio, encodeJson } from './frame.ts';

/** Bytes that may wait for a slow peer; beyond this the connection is dropped, which the other side sees and mends by reconnecting. */
export const PEER_BACKLOG_BYTES_MAX = 8_388_608;
const RECONNECT_MS_MIN = 20;
const RECONNECT_MS_MAX = 500;

/** The other end of a socket between two processes. Sending to a lost peer is a no-op that returns false. */
export interface Peer {
  send(message: unknown): boolean;
  sendAudio(stream: number, pcm: Int16Array): boolean;
  close(): void;
}

export interface PeerHandlers {
  readonly onMessage: (message: unknown) => void;
  readonly onAudio?: (stream: number, pcm: Int16Array) => void;
  readonly onLost?: () => void;
}

export interface IpcServer {
  close(): Promise<void>;
}

function writeTo(socket: Socket, bytes: Buffer): boolean {
  if (socket.destroyed || !socket.writable) return false;
  if (socket.writableLength > PEER_BACKLOG_BYTES_MAX) {
    socket.destroy(new AppError('peer_disconnected', 'the peer does not read'));
    return false;
  }
  socket.write(bytes);
  return true;
}

function peerOf(socket: Socket): Peer {
  return {
    send: (message) => writeTo(socket, encodeJson(message)),
    sendAudio: (stream, pcm) => writeTo(socket, encodeAudio(stream, pcm)),
    close: () => socket.end(),
  };
}

function attach(socket: Socket, handlers: PeerHandlers): void {
  const read = createFrameReader((frame) => {
    if (frame.kind === 'json') handlers.onMessage(frame.value);
    else handlers.onAudio?.(frame.stream, frame.pcm);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new AppError('peer_disconnected', String(error)));
    }
  });
}

/** Listens on a Unix socket (mode 0600); a stale socket file is replaced. Throws what `listen` throws. */
export async function createIpcServer(options: {
  readonly path: string;
  readonly onPeer: (peer: Peer) => PeerHandlers;
}): Promise<IpcServer> {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  rmSync(options.path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const handlers = options.onPeer(peerOf(socket));
    attach(socket, handlers);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      handlers.onLost?.();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, () => resolve());
  });
  chmodSync(options.path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

export interface IpcClient extends Peer {
  readonly connected: () => boolean;
}

/** Connects to a Unix socket and keeps reconnecting (20 ms to 500 ms apart) until `signal` aborts or `close` is called. */
export function connectIpc(
  options: PeerHandlers & { readonly path: string; readonly onConnected?: () => void; readonly signal: AbortSignal },
): IpcClient {
  let socket: Socket | null = null;
  let up = false;
  let closed = false;
  let delayMs = RECONNECT_MS_MIN;
  let timer: NodeJS.Timeout | undefined;
  const retry = (): void => {
    if (closed) return;
    timer = setTimeout(connect, delayMs);
    delayMs = Math.min(delayMs * 2, RECONNECT_MS_MAX);
  };
  const connect = (): void => {
    const next = createConnection(options.path);
    socket = next;
    attach(next, options);
    next.on('connect', () => {
      up = true;
      delayMs = RECONNECT_MS_MIN;
      options.onConnected?.();
    });
    next.on('error', () => next.destroy());
    next.on('close', () => {
      const wasUp = up;
      up = false;
      socket = null;
      if (wasUp) options.onLost?.();
      retry();
    });
  };
  const close = (): void => {
    closed = true;
    clearTimeout(timer);
    socket?.destroy();
  };
  if (options.signal.aborted) closed = true;
  else {
    options.signal.addEventListener('abort', close, { once: true });
    connect();
  }
  return {
    connected: () => up,
    send: (message) => (socket === null || !up ? false : writeTo(socket, encodeJson(message))),
    sendAudio: (stream, pcm) => (socket === null || !up ? false : writeTo(socket, encodeAudio(stream, pcm))),
    close: () => {
      options.signal.removeEventListener('abort', close);
      close();
    },
  };
}
