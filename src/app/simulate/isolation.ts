import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { PROJECT_DIR } from '../../config/config.ts';
import type { ScenarioReport } from './report.ts';

/** A command that runs another one in a network of its own, with nothing but loopback in it. */
export type Isolation = readonly string[];

const PROBE_MS_MAX = 5000;
const LOOPBACK_UP = 'ip link set lo up && exec "$@"';
/** What the product needs inside: its own sandbox around Asterisk. */
const PROBE = ['bwrap', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--cap-drop', 'ALL', 'true'];

function works(command: readonly string[]): Promise<boolean> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PROBE_MS_MAX }, (error) => resolve(error === null));
  });
}

/** How this machine makes a network of its own, or null where the kernel does not let us. */
export async function findIsolation(): Promise<Isolation | null> {
  for (const flags of [['-n'], ['-r', '-n']]) {
    const isolation = ['unshare', ...flags, '--', 'sh', '-c', LOOPBACK_UP, 'sh'];
    if (await works([...isolation, ...PROBE])) return isolation;
  }
  return null;
}

/** One line of what the process inside answers, on its standard output. */
export type InsideAnswer =
  | { readonly ready: true }
  | { readonly report: ScenarioReport }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** What the process inside is told, on its standard input. */
export interface InsideRequest {
  readonly configFile: string | null;
  readonly files: readonly string[];
}

const STOP_MS_MAX = 20_000;

/** Plays files in a process of its own, in a network of its own where that is possible. Throws `process_failed` when it ends without its reports. */
export function playInside(
  isolation: Isolation | null,
  request: InsideRequest,
  options: {
    readonly write: (line: string) => void;
    readonly onReady: () => void;
    readonly onReport: (report: ScenarioReport) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const inside = [process.execPath, '--disable-warning=ExperimentalWarning', join(PROJECT_DIR, 'src', 'app', 'simulate', 'inside.ts')];
  const [program = '', ...args] = [...(isolation ?? []), ...inside];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(request));
  let reports = 0;
  let failure: AppError | null = null;
  const lines = (onLine: (line: string) => void): ((chunk: Buffer) => void) => {
    let rest = '';
    return (chunk) => {
      const parts = (rest + chunk.toString('utf8')).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(onLine);
    };
  };
  child.stdout.on(
    'data',
    lines((line) => {
      const answer = JSON.parse(line) as InsideAnswer;
      if ('error' in answer) {
        failure = new AppError(answer.error.code, answer.error.message);
        return undefined;
      }
      if ('ready' in answer) return options.onReady();
      reports += 1;
      return options.onReport(answer.report);
    }),
  );
  child.stderr.on('data', lines(options.write));
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  };
  options.signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new AppError('process_failed', `the simulation did not start: ${cause.message}`, { cause })));
    child.on('close', (code) => {
      clearTimeout(killing);
      options.signal.removeEventListener('abort', stop);
      if (reports === request.files.length) resolve();
      else
        reject(
          failure ??
            new AppError('process_failed', `the simulation ended after ${reports} of ${request.files.length} files (exit code ${code})`),
        );
    });
  });
}
