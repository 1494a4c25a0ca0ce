import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createFrameReader, encodeAudio, encodeJson, type IpcFrame } from '../../../../src/adapters/ipc/frame.ts';
import { createRpcClient, serveRpc, type RpcServer } from '../../../../src/adapters/ipc/rpc.ts';
import { AppError } from '../../../../src/base/app-error.ts';
import { createScope } from '../../../../src/base/scope.ts';

const scope = createScope('test');
let server: RpcServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});
const socketPath = (): string => join(mkdtempSync(join(tmpdir(), 'vestibule-rpc-')), 's.sock');
const connected = (path: string, onNotify?: (topic: string, body: unknown) => void) => {
  const up = Promise.withResolvers<void>();
  const client = createRpcClient({
    path,
    signal: scope.signal,
    onConnected: () => up.resolve(),
    ...(onNotify === undefined ? {} : { onNotify }),
  });
  return { client, up: up.promise };
};

describe('frames', () => {
  it('survive being cut at every byte', () => {
    const bytes = Buffer.concat([encodeJson({ a: 'ü' }), encodeAudio(7, Int16Array.of(1, -2, 32767)), encodeJson([1])]);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const frames: IpcFrame[] = [];
      const read = createFrameReader((frame) => frames.push(frame));
      read(bytes.subarray(0, cut));
      read(bytes.subarray(cut));
      expect(frames).toEqual([
        { kind: 'json', value: { a: 'ü' } },
        { kind: 'audio', stream: 7, pcm: Int16Array.of(1, -2, 32767) },
        { kind: 'json', value: [1] },
      ]);
    }
  });
});

describe('rpc between processes', () => {
  it('returns results, carries error codes and pushes notifications', async () => {
    const path = socketPath();
    server = await serveRpc({
      path,
      handlers: {
        double: (params) => Promise.resolve((params as number) * 2),
        fail: () => Promise.reject(new AppError('disk_full', 'no space')),
      },
    });
    const told = Promise.withResolvers<unknown>();
    const { client, up } = connected(path, (topic, body) => told.resolve([topic, body]));
    await up;
    const options = { signal: scope.signal, limitMs: 2000 };
    await expect(client.call('double', 21, options)).resolves.toBe(42);
    await expect(client.call('fail', null, options)).rejects.toMatchObject({ code: 'disk_full' });
    await expect(client.call('toString', null, options)).rejects.toMatchObject({ code: 'usage' });
    server.notify('op', { id: 1 });
    await expect(told.promise).resolves.toEqual(['op', { id: 1 }]);
    client.close();
  });

  it('gives up after the limit and tells the server to stop', async () => {
    const path = socketPath();
    const stopped = Promise.withResolvers<void>();
    server = await serveRpc({
      path,
      handlers: {
        hang: (_params, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              stopped.resolve();
              reject(new AppError('cancelled', 'stopped'));
            });
          }),
      },
    });
    const { client, up } = connected(path);
    await up;
    await expect(client.call('hang', null, { signal: scope.signal, limitMs: 30 })).rejects.toMatchObject({ code: 'timed_out' });
    await stopped.promise;
    client.close();
  });

  it('reconnects to a server that comes back', async () => {
    const path = socketPath();
    const handlers = { ping: () => Promise.resolve('pong') };
    server = await serveRpc({ path, handlers });
    let ups = 0;
    let again = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<void>();
    const client = createRpcClient({
      path,
      signal: scope.signal,
      onConnected: () => {
        ups += 1;
        again.resolve();
      },
      onLost: () => lost.resolve(),
    });
    await again.promise;
    again = Promise.withResolvers<void>();
    await server.close();
    await lost.promise;
    await expect(client.call('ping', null, { signal: scope.signal, limitMs: 100 })).rejects.toMatchObject({ code: 'peer_disconnected' });
    server = await serveRpc({ path, handlers });
    await again.promise;
    expect(ups).toBe(2);
    await expect(client.call('ping', null, { signal: scope.signal, limitMs: 1000 })).resolves.toBe('pong');
    client.close();
  });
});
