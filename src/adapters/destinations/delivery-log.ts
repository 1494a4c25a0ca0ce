import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../base/app-error.ts';

/**
 * `begun`: the request may be on its way, and nothing is known of it. `acknowledged`: the receiver took it. `withdrawn`: it was taken back.
 */
export type DeliveryState = 'begun' | 'acknowledged' | 'withdrawn';

/** One thing that was handed to a receiver which cannot be asked. No content: key, its hash and the receiver's own id. */
export interface Delivery {
  readonly key: string;
  readonly fingerprint: string;
  readonly state: DeliveryState;
  readonly remoteId: string;
}

/** What was handed over, for receivers that cannot be read back: their word, kept on disk, takes the place of a read-back. */
export interface DeliveryLog {
  find(key: string): Delivery | null;
  /** On disk when it returns. Throws `disk_full` or `ledger_unavailable`; the entry is then known only as long as the process lives. */
  put(delivery: Delivery): void;
  /** Nothing was handed over after all. Throws as `put` does. */
  remove(key: string): void;
  close(): void;
}

/** Entries that are kept; the oldest ones make room, those in doubt last. */
const ENTRIES_MAX = 20_000;
/** Lines after which the file is written anew, as a multiple of its entries. */
const LINES_PER_ENTRY_MAX = 4;
const LINES_MIN = 100;

type Line = Delivery | { readonly key: string; readonly state: 'removed' };

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string' && 'state' in value;
}

/** Lines of the file; one that was torn by a crash was never relied upon, for `put` had not returned. */
function linesOf(path: string): readonly Line[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isLine(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function storageError(cause: unknown): AppError {
  const isFull = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
  return new AppError(isFull ? 'disk_full' : 'ledger_unavailable', 'the log of deliveries cannot be written', { cause });
}

function makeRoom(entries: Map<string, Delivery>): void {
  for (const isDoubtSpared of [true, false]) {
    for (const [key, { state }] of entries) {
      if (entries.size <= ENTRIES_MAX) return;
      if (!isDoubtSpared || state !== 'begun') entries.delete(key);
    }
  }
}

/** A log in the file `path` (JSON lines, mode 0600), or in memory only when `path` is null. Throws `disk_full` or `ledger_unavailable`. */
export function openDeliveryLog(path: string | null): DeliveryLog {
  const entries = new Map<string, Delivery>();
  let file: number | null = null;
  let lines = 0;
  const shut = (): void => {
    if (file !== null) closeSync(file);
    file = null;
  };
  const rewrite = (target: string): void => {
    shut();
    makeRoom(entries);
    const fresh = `${target}.new`;
    writeFileSync(fresh, [...entries.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600, flush: true });
    renameSync(fresh, target);
    const folder = openSync(dirname(target), 'r');
    fsyncSync(folder);
    closeSync(folder);
    file = openSync(target, 'a', 0o600);
    lines = entries.size;
  };
  const append = (line: Line): void => {
    if (path === null) return makeRoom(entries);
    try {
      if (file === null || lines > Math.max(LINES_MIN, entries.size * LINES_PER_ENTRY_MAX)) return rewrite(path);
      appendFileSync(file, `${JSON.stringify(line)}\n`, { flush: true });
      lines += 1;
    } catch (cause) {
      // Half a line may stand there: the next one begins in a fresh file.
      shut();
      throw storageError(cause);
    }
  };
  if (path !== null) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      for (const line of linesOf(path)) {
        entries.delete(line.key);
        if (line.state !== 'removed') entries.set(line.key, line);
      }
      rewrite(path);
    } catch (cause) {
      throw storageError(cause);
    }
  }
  return {
    find: (key) => entries.get(key) ?? null,
    put: (delivery) => {
      entries.delete(delivery.key);
      entries.set(delivery.key, delivery);
      append(delivery);
    },
    remove: (key) => {
      if (entries.delete(key)) append({ key, state: 'removed' });
    },
    close: shut,
  };
}
