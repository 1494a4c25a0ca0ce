import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { spawnAsterisk } from '../../../src/adapters/process/spawn-asterisk.ts';
import { asteriskInstance } from '../process/asterisk-instance.ts';
import { startReady } from '../process/started-server.ts';

/** A running Asterisk that joins two audio legs in a bridge: what one sends, the other hears. */
export interface AsteriskLegs {
  /** Address of a new leg. */
  create(format?: string): Promise<{ readonly channel: string; readonly url: string }>;
  join(channels: readonly string[]): Promise<void>;
  hangUp(channel: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startAsteriskLegs(folder: string): Promise<AsteriskLegs> {
  const instance = await asteriskInstance(folder, 30_200);
  const { httpPort } = instance;
  const server = await startReady(await spawnAsterisk(instance));
  const authorization = `Basic ${Buffer.from(`vestibule:${readFileSync(instance.ariPasswordFile, 'utf8').trim()}`).toString('base64')}`;
  const ari = async (method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/ari${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
  };
  const entered = new Map<string, () => void>();
  const events = new WebSocket(`ws://127.0.0.1:${httpPort}/ari/events?app=${instance.stasisApp}`, { headers: { authorization } });
  events.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString('utf8')) as { readonly type: string; readonly channel?: { readonly id: string } };
    if (event.type === 'StasisStart') entered.get(event.channel?.id ?? '')?.();
  });
  await new Promise((resolve, reject) => events.once('open', resolve).once('error', reject));
  const inStasis = new Map<string, Promise<void>>();
  return {
    create: async (format = 'slin') => {
      const made = await ari('POST', '/channels/externalMedia', {
        app: instance.stasisApp,
        transport: 'websocket',
        encapsulation: 'none',
        connection_type: 'server',
        format,
        transport_data: 'f(json)',
      });
      const channel = String(made['id']);
      inStasis.set(channel, new Promise((resolve) => entered.set(channel, resolve)));
      const id = (made['channelvars'] as Readonly<Record<string, string>>)['MEDIA_WEBSOCKET_CONNECTION_ID'];
      return { channel, url: `ws://127.0.0.1:${httpPort}/media/${id}` };
    },
    join: async (channels) => {
      for (const channel of channels) await inStasis.get(channel);
      const bridge = await ari('POST', '/bridges?type=mixing');
      await ari('POST', `/bridges/${String(bridge['id'])}/addChannel?channel=${channels.join(',')}`);
    },
    hangUp: async (channel) => void (await ari('DELETE', `/channels/${channel}`)),
    stop: async () => {
      events.terminate();
      await server.stop();
    },
  };
}
