import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { SERVER_ENV } from './server-process.ts';

/** Longest path of a Unix socket in bytes; the kernel's field holds 108 with the closing zero. */
const SOCKET_PATH_BYTES_MAX = 107;
const SECRET_BYTES = 32;

/** Writes a file that is complete or not there: beside the target, fsync, rename. Mode 0600. */
export function writeAtomically(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.new`;
  const file = openSync(fresh, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}

/** Makes folders that only the service user can enter. */
export function makePrivateDirs(...paths: readonly string[]): void {
  for (const path of paths) mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** The secret in a file of one line; made, mode 0600, when the file is absent. Throws `secret_unreadable`. */
export function ensureSecret(path: string): string {
  try {
    makePrivateDirs(dirname(path));
    writeSecret(path);
    const secret = readFileSync(path, 'utf8').trim();
    if (secret !== '') return secret;
  } catch (cause) {
    throw new AppError('secret_unreadable', `${path} cannot be read`, { cause });
  }
  throw new AppError('secret_unreadable', `${path} is empty`);
}

/** Leaves a file alone that exists: another process may have been first. */
function writeSecret(path: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`);
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** Throws `config_invalid` for a socket path that the kernel would cut off. */
export function assertSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return;
  throw new AppError(
    'config_invalid',
    `dataDir: the socket path ${path} has ${bytes} bytes, and ${SOCKET_PATH_BYTES_MAX} are possible; choose a shorter folder`,
  );
}

/** Full path of a program that set-up installs. Throws `program_missing`. */
export function findProgram(name: string): string {
  for (const folder of (SERVER_ENV['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new AppError('program_missing', `${name} is not installed`, { details: { program: name } });
}
