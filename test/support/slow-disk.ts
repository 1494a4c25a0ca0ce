import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { processEnded } from '../../src/app/faults/killable-server.ts';

const STRACE = '/usr/bin/strace';

/** A disk on which every fsync takes so long, for one process and those it starts. */
export interface SlowDisk {
  readonly stallMs: number;
  /** File in which every stall is noted. */
  readonly log: string;
}

/** Times the disk has let a process wait so far. */
export function stallsOf({ log }: SlowDisk): number {
  return existsSync(log) ? readFileSync(log, 'utf8').split('(DELAYED)').length - 1 : 0;
}

/** A program of Node on a slow disk: strace holds each of its fsyncs back in the kernel, as a disk that is busy does. */
export interface SlowProgram {
  /** Ends it at once. */
  kill(): Promise<void>;
  readonly ended: Promise<void>;
}

export function spawnOnSlowDisk(
  disk: SlowDisk,
  args: readonly string[],
  { configFile, onLine }: { readonly configFile: string; readonly onLine: (line: string) => void },
): SlowProgram {
  if (!existsSync(STRACE)) throw new Error(`${STRACE} is missing: run make setup`);
  const calls = 'fsync,fdatasync';
  const trace = ['-f', '--seccomp-bpf', '-qqq', '-o', disk.log, '-e', `trace=${calls}`];
  const inject = ['-e', `inject=${calls}:delay_enter=${disk.stallMs * 1000}`];
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', ...args];
  // strace takes its program with it when it dies, and dies with whoever started it.
  const child: ChildProcess = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', '--', STRACE, ...trace, ...inject, ...command], {
    env: { PATH: '/usr/bin:/bin', VESTIBULE_CONFIG: configFile, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString('utf8')}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
  }
  const ended = processEnded(child);
  return {
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
