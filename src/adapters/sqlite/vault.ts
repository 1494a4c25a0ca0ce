import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { AppError } from '../../base/app-error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import type { CallId } from '../../base/ids.ts';
import { invariant } from '../../base/invariant.ts';
import type { Db } from './database.ts';
import { KEY_BYTES } from './key-file.ts';

/** NIST SP 800-38D: 96-bit nonce, 128-bit tag. */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Unwrapped data keys kept in memory. */
const KEYS_CACHED_MAX = 500;

/**
 * Seals contents of a call with that call's own data key, which lies in the database wrapped by the installation's key. Destroying the
 * data key makes everything of the call unreadable, in old copies of the file too.
 */
export interface Vault {
  /** `place` names table, column and row, so that a sealed value cannot be moved elsewhere. Makes the call's key when it has none. */
  seal(call: CallId | null, place: string, value: unknown): Buffer;
  /** Null when the key of the call was destroyed. Throws the vault's error code when the bytes are not what was sealed. */
  open(call: CallId | null, place: string, sealed: Buffer): unknown;
  /** Destroys the data key of a call. */
  destroy(call: CallId): void;
  /** Keyed hash for looking up a personal value without storing it. */
  indexOf(value: string): string;
}

/** Data key of what belongs to no call. */
const NO_CALL = '-';

function encrypt(key: Buffer, place: string, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(place, 'utf8'));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, place: string, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place, 'utf8'));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}

/** A vault over the `call_key` table of `db`. `damaged` is the code thrown for what cannot be opened. */
export function createVault(db: Db, kek: Buffer, damaged: ErrorCode): Vault {
  const select = db.prepare<[string], { wrapped: Buffer }>('SELECT wrapped FROM call_key WHERE call = ?');
  const insert = db.prepare('INSERT OR IGNORE INTO call_key (call, wrapped) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM call_key WHERE call = ?');
  const cached = new Map<string, { readonly wrapped: Buffer; readonly key: Buffer }>();

  const guarded = <T>(place: string, work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new AppError(damaged, `${place} cannot be decrypted`, { cause });
    }
  };
  const stored = (call: string): Buffer | null => {
    const row = select.get(call);
    if (row === undefined) return null;
    // The table decides: another process, or a transaction that was rolled back, may have changed the key.
    const known = cached.get(call);
    if (known?.wrapped.equals(row.wrapped) === true) return known.key;
    const key = guarded(`key of ${call}`, () => decrypt(kek, `call_key:${call}`, row.wrapped));
    if (cached.size >= KEYS_CACHED_MAX) cached.clear();
    cached.set(call, { wrapped: row.wrapped, key });
    return key;
  };
  const storedOrNew = (call: string): Buffer => {
    const existing = stored(call);
    if (existing !== null) return existing;
    insert.run(call, encrypt(kek, `call_key:${call}`, randomBytes(KEY_BYTES)));
    const made = stored(call);
    invariant(made !== null, 'a data key that was inserted is there');
    return made;
  };
  return {
    seal: (call, place, value) => encrypt(storedOrNew(call ?? NO_CALL), place, Buffer.from(JSON.stringify(value), 'utf8')),
    open: (call, place, sealed) => {
      const key = stored(call ?? NO_CALL);
      if (key === null) return null;
      return guarded(place, () => JSON.parse(decrypt(key, place, sealed).toString('utf8')) as unknown);
    },
    destroy: (call) => {
      remove.run(call);
      cached.delete(call);
    },
    indexOf: (value) => createHmac('sha256', kek).update(`subject:${value}`).digest('base64url'),
  };
}
