import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerProcess } from '../../../src/adapters/process/server-process.ts';

export const PROJECT_DIR = join(import.meta.dirname, '..', '..', '..');

/** A folder with a short path, since sockets lie in it. */
export function makeScratchDir(): string {
  return mkdtempSync('/tmp/vst-');
}

export function removeDir(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

export interface Started {
  readonly pid: number;
  readonly output: () => string;
  /** SIGTERM and the end; resolves to the exit code, or the signal when it had to be killed. */
  stop(): Promise<number | string>;
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Starts a server as the supervisor does. What is still running when the file ends is killed by `stopAll`. */
export function start(server: ServerProcess): Started {
  const child = spawn(server.command, [...server.args], {
    cwd: server.cwd,
    env: { ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const over = once(child, 'close').then(() => running.delete(child));
  return {
    pid: child.pid ?? -1,
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), server.stopMsMax);
      await over;
      clearTimeout(timer);
      return child.exitCode ?? child.signalCode ?? 'unknown';
    },
    kill: async () => {
      child.kill('SIGKILL');
      await over;
    },
  };
}

export async function stopAll(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

/** Starts a server and waits until it is ready; ends it when it never will be. */
export async function startReady(server: ServerProcess): Promise<Started> {
  const started = start(server);
  try {
    await server.isReady({ signal: AbortSignal.timeout(server.readyMsMax) });
    return started;
  } catch (error) {
    await started.kill();
    throw error;
  }
}

/** Command lines of processes that speak of the folder; the folder is one test's own. */
export function processesOf(dir: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return line.includes(dir) ? [line] : [];
      } catch {
        return [];
      }
    });
}

export function mountsOf(dir: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(dir));
}

/** A command of Asterisk's own command line. */
export function asteriskCommand(instanceDir: string, command: string): string {
  return execFileSync(join(PROJECT_DIR, 'scripts', 'asterisk.sh'), [instanceDir, '-rx', command], { encoding: 'utf8' });
}

export function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
