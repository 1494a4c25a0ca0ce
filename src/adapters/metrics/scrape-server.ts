import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AppError } from '../../base/app-error.ts';
import { EXPOSITION_TYPE, expose, type ProcessReport } from './exposition.ts';

const HOST = '127.0.0.1';
const CONNECTIONS_MAX = 8;
const REQUEST_MS_MAX = 5000;

export interface ScrapeServer {
  readonly port: number;
  close(): Promise<void>;
}

function health(reports: readonly ProcessReport[]): { readonly status: number; readonly body: string } {
  const processes = Object.fromEntries(reports.map(({ process, series }) => [process, series === null ? 'down' : 'up']));
  const isWell = reports.every(({ series }) => series !== null);
  return { status: isWell ? 200 : 503, body: `${JSON.stringify({ status: isWell ? 'ok' : 'degraded', processes })}\n` };
}

/**
 * `GET /metrics` and `GET /healthz` on loopback: whoever is let onto the machine may look, and nobody else. Those who look at the same
 * time share one look. Throws `port_taken`.
 */
export async function serveScrapes(options: {
  readonly port: number;
  readonly collect: () => Promise<readonly ProcessReport[]>;
}): Promise<ScrapeServer> {
  let looking: Promise<readonly ProcessReport[]> | null = null;
  const look = (): Promise<readonly ProcessReport[]> => {
    looking ??= options.collect().finally(() => (looking = null));
    return looking;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const give = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const [path] = (request.url ?? '/').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') return give(405, 'text/plain', 'GET or HEAD\n');
    if (path === '/metrics') return give(200, EXPOSITION_TYPE, expose(await look()));
    if (path !== '/healthz') return give(404, 'text/plain', '/metrics or /healthz\n');
    const { status, body } = health(await look());
    return give(status, 'application/json', body);
  };
  const server = createServer({ requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX }, (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError('port_taken', `cannot listen on ${HOST}:${options.port}; \`monitoring.port\` in config.yaml changes it`, { cause }),
      ),
    );
    server.listen(options.port, HOST, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
