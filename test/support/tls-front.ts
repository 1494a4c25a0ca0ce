import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { selfSigned } from './self-signed.ts';

/** TLS on a loopback port, in front of a server that speaks none. */
export interface TlsFront {
  readonly port: number;
  /** The self-signed certificate (PEM) that is shown; its name is localhost. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** Starts it in front of the server at `port`. */
export async function startTlsFront(port: number): Promise<TlsFront> {
  const { key, cert } = selfSigned();
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert }, (outside) => {
    const inside = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate: cert,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
