import WebSocket from 'ws';
import { z } from 'zod';
import type { Logger } from '../../ports/logger.ts';
import { authorization, type AriAddress } from './ari-client.ts';

const RECONNECT_MS_MIN = 100;
const RECONNECT_MS_MAX = 2000;
/** A socket on which nothing came for this long after a ping is dead. */
const PING_MS = 2000;

const channel = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  caller: z.object({ number: z.string(), name: z.string() }),
  dialplan: z.object({ context: z.string(), exten: z.string(), app_name: z.string().optional(), app_data: z.string().optional() }),
  channelvars: z.record(z.string(), z.string()).optional(),
});
export type AriChannel = z.infer<typeof channel>;
export const ariChannelSchema = channel;

/** The events that are acted upon; all others are dropped. Field names are Asterisk's (rest-api/events.json). */
const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('StasisStart'), application: z.string(), args: z.array(z.string()), channel }),
  z.object({ type: z.literal('StasisEnd'), application: z.string(), channel }),
  z.object({ type: z.literal('ChannelDestroyed'), cause: z.number(), channel }),
  z.object({ type: z.literal('ChannelHangupRequest'), cause: z.number().optional(), channel }),
  z.object({ type: z.literal('ChannelDtmfReceived'), digit: z.string(), channel }),
  z.object({ type: z.literal('ApplicationReplaced'), application: z.string() }),
]);
export type AriEvent = z.infer<typeof event>;

export interface AriEventsOptions {
  readonly address: AriAddress;
  readonly apps: readonly string[];
  readonly onEvent: (event: AriEvent) => void;
  readonly onConnected: () => void;
  readonly onLost: () => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

function dispatch(text: string, options: AriEventsOptions): void {
  const parsed = event.safeParse(JSON.parse(text));
  if (parsed.success) options.onEvent(parsed.data);
}

/** Keeps one inbound WebSocket for events, reconnecting with a bounded back-off until `signal` aborts. */
export function followAriEvents(options: AriEventsOptions): void {
  let delayMs = RECONNECT_MS_MIN;
  const connect = (): void => {
    if (options.signal.aborted) return;
    const { address } = options;
    const socket = new WebSocket(`ws://${address.host}:${address.port}/ari/events?app=${options.apps.join(',')}`, {
      headers: { authorization: authorization(address) },
      perMessageDeflate: false,
      handshakeTimeout: 2000,
    });
    let alive = true;
    let up = false;
    const heartbeat = setInterval(() => {
      if (!alive) return socket.terminate();
      alive = false;
      if (up) socket.ping();
      return undefined;
    }, PING_MS);
    const stop = (): void => socket.terminate();
    options.signal.addEventListener('abort', stop, { once: true });
    socket.on('open', () => {
      up = true;
      delayMs = RECONNECT_MS_MIN;
      options.onConnected();
    });
    socket.on('pong', () => {
      alive = true;
    });
    socket.on('message', (data: Buffer) => {
      alive = true;
      dispatch(data.toString('utf8'), options);
    });
    socket.on('error', (error: Error) => options.log.debug('ari events socket failed', { reason: error.message }));
    socket.on('close', () => {
      clearInterval(heartbeat);
      options.signal.removeEventListener('abort', stop);
      if (up) options.onLost();
      if (options.signal.aborted) return;
      setTimeout(connect, delayMs);
      delayMs = Math.min(delayMs * 2, RECONNECT_MS_MAX);
    });
  };
  connect();
}
