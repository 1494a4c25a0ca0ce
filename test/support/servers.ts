import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freeTcpPort } from '../../src/adapters/process/free-port.ts';
import type { ServerProcess } from '../../src/adapters/process/server-process.ts';
import { spawnRadicale } from '../../src/adapters/process/spawn-radicale.ts';
import { spawnRedis } from '../../src/adapters/process/spawn-redis.ts';

/** A server of a test that can be killed and started again on the same data. */
export interface TestServer {
  start(): Promise<void>;
  /** SIGKILL by default: nothing is said goodbye to. Resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  readonly pid: () => number | null;
}

/** A port for servers that speak TCP, as all of these do. */
export const freePort = freeTcpPort;

function testServer(prepare: () => Promise<ServerProcess>): TestServer {
  let child: ReturnType<typeof spawn> | null = null;
  const ended = (process: ReturnType<typeof spawn>): Promise<void> =>
    new Promise((resolve) => {
      if (process.exitCode !== null || process.signalCode !== null) resolve();
      else process.once('exit', () => resolve());
    });
  return {
    pid: () => child?.pid ?? null,
    start: async () => {
      const server = await prepare();
      const started = spawn(server.command, [...server.args], { env: server.env, cwd: server.cwd, stdio: 'ignore' });
      child = started;
      await server.isReady({ signal: AbortSignal.timeout(server.readyMsMax) });
    },
    kill: async (signal = 'SIGKILL') => {
      const process = child;
      child = null;
      if (process === null) return;
      process.kill(signal);
      await ended(process);
    },
  };
}

export interface TestCalendar extends TestServer {
  readonly port: number;
  readonly url: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** A private Radicale with one calendar, below `folder`. */
export async function testCalendar(folder: string): Promise<TestCalendar> {
  const port = await freeTcpPort();
  const passwordFile = join(folder, 'keys', 'calendar.password');
  const instance = { dataDir: join(folder, 'calendar'), port, user: 'practice', passwordFile, calendar: 'appointments' };
  const server = testServer(() => spawnRadicale(instance));
  return { ...server, port, url: `http://127.0.0.1:${port}/practice/appointments/`, user: 'practice', passwordFile };
}

/** A private Redis on a Unix socket below `folder`. */
export function testRedis(folder: string): TestServer & { readonly socket: string } {
  const socket = join(folder, 'redis.sock');
  return { ...testServer(() => spawnRedis({ dataDir: join(folder, 'redis'), socket })), socket };
}
