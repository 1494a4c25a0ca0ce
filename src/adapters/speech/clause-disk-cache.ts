import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromLittleEndian, toLittleEndian } from '../../audio/sample.ts';
import type { Logger } from '../../ports/logger.ts';

const FILES_MAX = 5000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SUFFIX = '.pcm';

/**
 * Rendered clauses on disk, so that a restart does not render the greeting again. A sentence may name a caller: its file is named by a
 * hash and sealed (AES-256-GCM) with a key made from the sentence itself, so the folder tells nothing to who does not know the words.
 */
export interface ClauseDiskCache {
  read(clause: string): Int16Array | null;
  write(clause: string, pcm: Int16Array): void;
}

function digest(label: string, voice: string, clause: string): Buffer {
  return createHash('sha256').update(`${label}\n${voice}\n${clause}`).digest();
}

/** Where the voice process keeps them. */
export const clauseFolder = (cacheDir: string): string => join(cacheDir, 'voice');

/**
 * Removes every rendered clause in a folder. Their files tell a name to who guesses the whole sentence, so that an erasure takes them all
 * along; they are rendered again when they are needed.
 */
export function clearClauses(folder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  for (const name of names) if (name.endsWith(SUFFIX)) rmSync(join(folder, name), { force: true });
}

function dropOldest(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  if (files.length <= FILES_MAX) return files.length;
  const byAge = files.map((name) => ({ name, mtimeMs: statSync(join(folder, name)).mtimeMs })).toSorted((a, b) => a.mtimeMs - b.mtimeMs);
  const kept = Math.floor(FILES_MAX * 0.9);
  for (const { name } of byAge.slice(0, byAge.length - kept)) rmSync(join(folder, name), { force: true });
  return kept;
}

/** `voice` is the checksum of the model: another voice never answers from this one's clauses. Failures are logged, never thrown. */
export function createClauseDiskCache(options: {
  readonly folder: string;
  readonly voice: string;
  readonly logger: Logger;
}): ClauseDiskCache {
  const { folder, voice, logger } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let files = dropOldest(folder);
  const pathOf = (clause: string): string => join(folder, digest('name', voice, clause).toString('hex') + SUFFIX);
  return {
    read: (clause) => {
      let sealed: Buffer;
      try {
        sealed = readFileSync(pathOf(clause));
      } catch {
        return null;
      }
      try {
        const opener = createDecipheriv('aes-256-gcm', digest('key', voice, clause), sealed.subarray(0, NONCE_BYTES));
        opener.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return fromLittleEndian(Buffer.concat([opener.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), opener.final()]));
      } catch {
        logger.warn('voice: a cached clause is damaged and is rendered again');
        rmSync(pathOf(clause), { force: true });
        return null;
      }
    },
    write: (clause, pcm) => {
      const nonce = randomBytes(NONCE_BYTES);
      const sealer = createCipheriv('aes-256-gcm', digest('key', voice, clause), nonce);
      const body = Buffer.concat([sealer.update(toLittleEndian(pcm)), sealer.final()]);
      const path = pathOf(clause);
      try {
        writeFileSync(`${path}.new`, Buffer.concat([nonce, sealer.getAuthTag(), body]), { mode: 0o600 });
        renameSync(`${path}.new`, path);
        files += 1;
        if (files > FILES_MAX) files = dropOldest(folder);
      } catch (error) {
        logger.warn('voice: a clause could not be cached', { reason: error instanceof Error ? error.message : String(error) });
      }
    },
  };
}
