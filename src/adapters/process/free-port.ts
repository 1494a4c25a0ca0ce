import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { AppError } from '../../base/app-error.ts';

/** A port a server is about to listen on. */
export interface WantedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** What it is for, and the configuration key that changes it. */
  readonly purpose: string;
  readonly key: string;
}

/** Throws `port_taken` naming the port, what it is for and the key to change. Best effort: another program may still come first. */
export async function assertPortsFree(ports: readonly WantedPort[]): Promise<void> {
  for (const wanted of ports) {
    const code = await (wanted.protocol === 'tcp' ? bindTcp(wanted) : bindUdp(wanted));
    if (code === null) continue;
    const { protocol, host, port, purpose, key } = wanted;
    const list = protocol === 'tcp' ? 'ss -ltnp' : 'ss -lunp';
    if (code === 'EADDRINUSE') {
      throw new AppError(
        'port_taken',
        `${protocol} port ${port} on ${host}, wanted for ${purpose}, is taken; \`${list} 'sport = :${port}'\` shows by whom, \`${key}\` in config.yaml changes it`,
        { details: { protocol, host, port, key } },
      );
    }
    throw new AppError('config_invalid', `${key}: cannot listen on ${host}:${port} (${code})`, {
      details: { protocol, host, port, key },
    });
  }
}

const LOOPBACK = '127.0.0.1';

/** A TCP port on loopback that was free a moment ago; for servers that run beside others, in simulations and tests. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new AppError('invariant_broken', 'a TCP server has a port');
  return address.port;
}

/** The same for UDP. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : 'unknown');

function bindTcp({ host, port }: WantedPort): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function bindUdp({ host, port }: WantedPort): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => resolve(codeOf(error)));
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(null)));
  });
}
