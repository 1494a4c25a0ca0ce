import { spawn } from 'node:child_process';
import { AppError } from '../../../base/app-error.ts';

/** A graph that takes longer than this is not one that this machine should build at configuration time. */
const TOOL_MS_MAX = 60_000;
const ERROR_CHARS_MAX = 400;

/**
 * Runs one OpenFst program (Debian package libfst-tools) in a folder. Throws `program_missing` when it is not installed,
 * `process_failed` when it fails or takes longer than a minute, `cancelled` when `signal` aborts.
 */
export function runOpenFst(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TOOL_MS_MAX)]);
  const child = spawn(program, args, { cwd: options.cwd, signal, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (said.length < ERROR_CHARS_MAX) said += chunk.slice(0, ERROR_CHARS_MAX - said.length);
  });
  child.on('error', (cause: NodeJS.ErrnoException) => {
    if (options.signal.aborted) reject(new AppError('cancelled', `${program} was cancelled`));
    else if (cause.code === 'ENOENT') reject(new AppError('program_missing', `${program} is not installed (apt install libfst-tools)`));
    else reject(new AppError('process_failed', `${program}: ${cause.message}`, { cause }));
  });
  child.on('close', (code) => {
    if (code === 0) resolve();
    else reject(new AppError('process_failed', `${program} ended with ${code}: ${said.trim()}`));
  });
  return promise;
}
