import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { isThere, storageError } from './database.ts';

export const KEY_BYTES = 32;

/**
 * The key-encryption key of this installation; null before its first start. `sealed`: files that are made after the key and are worth
 * nothing without it. Throws `keys_lost` when one of them is there and the key is not, and `secret_unreadable`.
 */
export function findKeyFile(path: string, sealed: readonly string[]): Buffer | null {
  // Looked for before the key: another process may be making all of them, the key first.
  const left = sealed.find(isThere);
  const key = readKey(path);
  if (key === null && left !== undefined) throw new AppError('keys_lost', `${path} is not there, and ${left} is`);
  return key;
}

/**
 * The same, made on first use, mode 0600; when two processes start at once both end up with the same one, because the file is linked into
 * place complete. Throws `disk_full` too.
 */
export function loadKeyFile(path: string, sealed: readonly string[]): Buffer {
  const existing = findKeyFile(path, sealed);
  if (existing !== null) return existing;
  const fresh = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(fresh, { force: true });
    const file = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(file, randomBytes(KEY_BYTES));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkIfAbsent(fresh, path);
  } catch (error) {
    throw storageError(error, `making ${path}`, 'secret_unreadable');
  } finally {
    rmSync(fresh, { force: true });
  }
  const key = readKey(path);
  if (key === null) throw new AppError('secret_unreadable', `${path} is not there after it was made`);
  return key;
}

function linkIfAbsent(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function readKey(path: string): Buffer | null {
  let key: Buffer;
  try {
    key = readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw storageError(error, `reading ${path}`, 'secret_unreadable');
  }
  if (key.length !== KEY_BYTES) throw new AppError('secret_unreadable', `${path} does not hold ${KEY_BYTES} bytes`);
  return key;
}
