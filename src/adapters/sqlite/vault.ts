import { randomBytes } from 'node:crypto';
import { AppError } from '../../base/app-error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { asCallId, type CallId } from '../../base/ids.ts';
import { decrypt, encrypt } from './cipher.ts';
import type { Db } from './database.ts';
import { KEY_BYTES } from './key-file.ts';
import type { SubjectKeys } from './subject-keys.ts';

/** Unwrapped data keys kept in memory. */
const KEYS_CACHED_MAX = 500;

/**
 * Seals contents of a call with that call's data key. The data key lies in the database, wrapped by the keys of everybody whom the call
 * is about, one inside the other: destroying the key of one of them makes everything of the call unreadable, in every copy of the file.
 * What is written here belongs into the caller's transaction.
 */
export interface Vault {
  /**
   * `place` names table, column and row. Makes the call's key when it has none. What is sealed for a call that was erased cannot be
   * opened again by anybody.
   */
  seal(call: CallId | null, place: string, value: unknown): Buffer;
  /** Null when the call was erased. Throws the vault's error code when the bytes are not what was sealed. */
  open(call: CallId | null, place: string, sealed: Buffer): unknown;
  /** The call is about these people too, by their keyed hashes: from now on erasing one of them erases the call. */
  bind(call: CallId, people: readonly string[]): void;
  isErased(call: CallId): boolean;
  /** Ids of the keys that the contents of a call need; none when it has no contents. */
  holdersOf(call: CallId): readonly string[];
  /** Calls whose contents need one of these keys. */
  callsOf(holders: readonly string[]): readonly CallId[];
  /** Keyed hash for looking up a personal value without storing it. */
  indexOf(value: string): string;
}

/** Data key of what belongs to no call, and to no person. */
const NO_CALL = '-';
const ERASED = 'erased';

interface KeyRow {
  readonly wrapped: Buffer;
  readonly holders: string;
}

export const personSubject = (hash: string): string => `person:${hash}`;
/** Of a call that is of nobody known. */
export const callSubject = (call: string): string => (call === NO_CALL ? 'house' : `call:${call}`);

/** Where a layer of the wrapped data key is kept. */
export const layerPlace = (call: string, holder: string): string => `call_key:${call}:${holder}`;
const idsOf = ({ holders }: Pick<KeyRow, 'holders'>): readonly string[] => holders.split(' ');

/** The rows of `call_key`, each with its layers. */
function keyRows(db: Db, keys: SubjectKeys) {
  const select = db.prepare<[string], KeyRow>('SELECT wrapped, holders FROM call_key WHERE call = ?');
  const insert = db.prepare('INSERT OR IGNORE INTO call_key (call, wrapped, holders) VALUES (?, ?, ?)');
  const update = db.prepare('UPDATE call_key SET wrapped = ?, holders = ? WHERE call = ?');
  const wrap = (call: string, inner: Buffer, holders: readonly string[]): Buffer | typeof ERASED => {
    let wrapped = inner;
    for (const holder of holders) {
      const key = keys.key(holder);
      if (key === null) return ERASED;
      wrapped = encrypt(key, layerPlace(call, holder), wrapped);
    }
    return wrapped;
  };
  const added = (call: string, row: KeyRow, people: readonly string[]): void => {
    const known = idsOf(row);
    const missing = keys.idsFor([...new Set(people)].map(personSubject)).filter((id) => !known.includes(id));
    if (missing.length === 0) return;
    const wrapped = wrap(call, row.wrapped, missing);
    if (wrapped !== ERASED) update.run(wrapped, [...known, ...missing].join(' '), call);
  };
  return {
    get: (call: string): KeyRow | undefined => select.get(call),
    make: (call: string, people: readonly string[]): void => {
      const subjects = people.length === 0 ? [callSubject(call)] : people.map(personSubject);
      const holders = keys.idsFor([...new Set(subjects)]);
      const wrapped = wrap(call, randomBytes(KEY_BYTES), holders);
      if (wrapped !== ERASED) insert.run(call, wrapped, holders.join(' '));
    },
    added,
  };
}

/** A vault over the `call_key` table of `db`. `damaged` is the code thrown for what cannot be opened. */
export function createVault(db: Db, keys: SubjectKeys, damaged: ErrorCode): Vault {
  const rows = keyRows(db, keys);
  const holdersLike = db.prepare<[string], { call: string }>(`SELECT call FROM call_key WHERE instr(' ' || holders || ' ', ?) > 0`);
  const cached = new Map<string, { readonly wrapped: Buffer; readonly key: Buffer }>();

  const guarded = <T>(place: string, work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new AppError(damaged, `${place} cannot be decrypted`, { cause });
    }
  };
  const stored = (call: string): Buffer | typeof ERASED | null => {
    const row = rows.get(call);
    if (row === undefined) return null;
    const layers: [string, Buffer][] = [];
    for (const holder of idsOf(row)) {
      const key = guarded(`key of ${call}`, () => keys.key(holder));
      if (key === null) return ERASED;
      layers.unshift([holder, key]);
    }
    // The table decides: another process, or a transaction that was rolled back, may have changed the key.
    const known = cached.get(call);
    if (known?.wrapped.equals(row.wrapped) === true) return known.key;
    const unwrap = (): Buffer => layers.reduce((inner, [holder, key]) => decrypt(key, layerPlace(call, holder), inner), row.wrapped);
    const unwrapped = guarded(`key of ${call}`, unwrap);
    if (cached.size >= KEYS_CACHED_MAX) cached.clear();
    cached.set(call, { wrapped: row.wrapped, key: unwrapped });
    return unwrapped;
  };
  const storedOrNew = (call: string): Buffer | typeof ERASED => {
    const existing = stored(call);
    if (existing !== null) return existing;
    rows.make(call, []);
    return stored(call) ?? ERASED;
  };
  return {
    seal: (call, place, value) => {
      const key = storedOrNew(call ?? NO_CALL);
      return encrypt(key === ERASED ? randomBytes(KEY_BYTES) : key, place, Buffer.from(JSON.stringify(value), 'utf8'));
    },
    open: (call, place, sealed) => {
      const key = stored(call ?? NO_CALL);
      if (key === null || key === ERASED) return null;
      return guarded(place, () => JSON.parse(decrypt(key, place, sealed).toString('utf8')) as unknown);
    },
    bind: (call, people) => {
      const row = rows.get(call);
      if (row === undefined) rows.make(call, people);
      else rows.added(call, row, people);
    },
    isErased: (call) => stored(call) === ERASED,
    holdersOf: (call) => {
      const row = rows.get(call);
      return row === undefined ? [] : idsOf(row);
    },
    callsOf: (holders) => [...new Set(holders.flatMap((id) => holdersLike.all(` ${id} `).map(({ call }) => asCallId(call))))],
    indexOf: (value) => keys.pseudonymOf(value),
  };
}
