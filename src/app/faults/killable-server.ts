import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freeTcpPort } from '../../adapters/process/free-port.ts';
import type { ServerProcess } from '../../adapters/process/server-process.ts';
import { spawnRadicale } from '../../adapters/process/spawn-radicale.ts';
import { spawnRedis } from '../../adapters/process/spawn-redis.ts';

/** A real server that can be killed and started again on the same data. */
export interface KillableServer {
  /** Resolves when it can be used. Throws what the server's `isReady` throws. */
  start(): Promise<void>;
  /** SIGKILL by default: nothing is said goodbye to. Resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it where it is, and lets it go on. */
  freeze(): void;
  thaw(): void;
  readonly pid: () => number | null;
}

/** Resolves when a process is gone. */
export function processEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

/** `prepare` is called at every start. */
export function createKillableServer(prepare: () => Promise<ServerProcess>): KillableServer {
  let child: ChildProcess | null = null;
  return {
    pid: () => child?.pid ?? null,
    start: async () => {
      const server = await prepare();
      child = spawn(server.command, [...server.args], { env: server.env, cwd: server.cwd, stdio: 'ignore' });
      await server.isReady({ signal: AbortSignal.timeout(server.readyMsMax) });
    },
    kill: async (signal = 'SIGKILL') => {
      const process = child;
      child = null;
      if (process === null) return;
      process.kill(signal);
      await processEnded(process);
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

/** A private calendar server, and how its one calendar is reached. */
export interface KillableCalendar extends KillableServer {
  readonly port: number;
  readonly url: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** A private Radicale with one calendar, below `folder`. */
export async function createKillableRadicale(folder: string): Promise<KillableCalendar> {
  const port = await freeTcpPort();
  const passwordFile = join(folder, 'keys', 'calendar.password');
  const instance = { dataDir: join(folder, 'calendar'), port, user: 'practice', passwordFile, calendar: 'appointments' };
  const server = createKillableServer(() => spawnRadicale(instance));
  return { ...server, port, url: `http://127.0.0.1:${port}/practice/appointments/`, user: 'practice', passwordFile };
}

/** A private Redis on a Unix socket below `folder`. */
export function createKillableRedis(folder: string): KillableServer & { readonly socket: string } {
  const socket = join(folder, 'redis.sock');
  return { ...createKillableServer(() => spawnRedis({ dataDir: join(folder, 'redis'), socket })), socket };
}
