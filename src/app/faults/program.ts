import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { withTimeout } from '../../base/scope.ts';
import { PROJECT_DIR } from '../../config/config.ts';

/** A main program of the product in a process of its own. */
export interface Program {
  readonly pid: number | null;
  readonly isReady: () => boolean;
  /** Resolves when it works, or has ended before that. Throws `timed_out`. */
  ready(): Promise<void>;
  /** Resolves when it is gone and everything it has said was read. */
  readonly ended: Promise<void>;
  /** How it ended; null while it lives. */
  readonly fate: () => { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null;
  kill(signal: NodeJS.Signals): void;
}

const READY_MS_MAX = 30_000;

/** Starts a main program of `src/app` with a configuration; its output goes line by line to `onLine`. */
export function spawnProgram(
  program: string,
  {
    configFile,
    args = [],
    onLine,
  }: { readonly configFile: string; readonly args?: readonly string[]; readonly onLine: (line: string) => void },
): Program {
  const main = join(PROJECT_DIR, 'src', 'app', program);
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...args];
  // Also a process that is frozen when its starter dies is gone then.
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    env: { PATH: '/usr/bin:/bin', VESTIBULE_CONFIG: configFile, TZ: 'UTC', NODE_COMPILE_CACHE: join(dirname(configFile), 'compiled') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const working = Promise.withResolvers<void>();
  let isReady = false;
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString('utf8')}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        onLine(line);
        if (!line.includes('"ready"')) continue;
        isReady = true;
        working.resolve();
      }
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  return {
    pid: child.pid ?? null,
    isReady: () => isReady,
    ready: () => withTimeout(Promise.race([working.promise, ended]), READY_MS_MAX, `starting ${program}`),
    ended,
    fate: () => (child.exitCode === null && child.signalCode === null ? null : { code: child.exitCode, signal: child.signalCode }),
    kill: (signal) => void child.kill(signal),
  };
}
