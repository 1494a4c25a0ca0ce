import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Root of the clone. */
export const HOME = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Longest time one part of a test run may take before it is ended. */
export const PART_LIMIT_MS = 20 * 60_000;

export interface CommandResult {
  readonly exitCode: number;
  /** Empty unless `capture` was asked for. */
  readonly stdout: string;
  readonly timedOut: boolean;
}

/** Runs a command in the root of the clone, its words on stderr; at most {@link PART_LIMIT_MS}, then its process group is ended. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly capture?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: HOME,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', options.capture === true ? 'pipe' : 2, 2],
      detached: true,
    });
    let stdout = '';
    let timedOut = false;
    const killGroup = (signal: NodeJS.Signals): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
    };
    const onSignal = (signal: NodeJS.Signals): void => killGroup(signal);
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup('SIGKILL');
    }, PART_LIMIT_MS);
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    const settle = (): void => {
      clearTimeout(timer);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code) => {
      settle();
      resolve({ exitCode: code ?? 1, stdout, timedOut });
    });
  });
}
