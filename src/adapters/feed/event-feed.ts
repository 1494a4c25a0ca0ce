import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../../base/clock.ts';
import type { EventFeed, FeedEvent } from '../../ports/event-feed.ts';

/** A watcher that lets this much pile up is dropped, in bytes. */
const BACKLOG_BYTES_MAX = 1_048_576;

export type TimedFeedEvent = FeedEvent & { readonly atEpochMs: number };

export interface FeedServer extends EventFeed {
  /** Lets watchers connect: to a Unix socket, mode 0600. */
  listen(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Publishes JSON lines to everyone connected; before `listen` there is nobody. */
export function createEventFeed(options: { readonly clock: Clock }): FeedServer {
  const watchers = new Set<Socket>();
  const server = createServer((socket) => {
    watchers.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => watchers.delete(socket));
    socket.resume();
  });
  return {
    listen: async (path) => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(path, { force: true });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, () => resolve());
      });
      chmodSync(path, 0o600);
    },
    publish: (event) => {
      const line = `${JSON.stringify({ ...event, atEpochMs: options.clock.epochMs() })}\n`;
      for (const watcher of watchers) {
        if (watcher.writableLength > BACKLOG_BYTES_MAX) watcher.destroy();
        else watcher.write(line);
      }
    },
    close: () =>
      new Promise((resolve) => {
        for (const watcher of watchers) watcher.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Follows the feed, reconnecting every 100 ms while the daemon is away, until `signal` aborts. */
export function followEventFeed(options: {
  readonly path: string;
  readonly onEvent: (event: TimedFeedEvent) => void;
  readonly onConnected?: () => void;
  readonly signal: AbortSignal;
}): void {
  const connect = (): void => {
    if (options.signal.aborted) return;
    const socket = createConnection(options.path);
    const stop = (): void => {
      socket.destroy();
    };
    options.signal.addEventListener('abort', stop, { once: true });
    socket.on('connect', () => options.onConnected?.());
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => options.onEvent(JSON.parse(line) as TimedFeedEvent));
    // readline reports the errors of its input as its own.
    lines.on('error', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      options.signal.removeEventListener('abort', stop);
      if (!options.signal.aborted) setTimeout(connect, 100).unref();
    });
  };
  connect();
}
