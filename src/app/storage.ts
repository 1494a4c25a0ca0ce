import { openJournal } from '../adapters/sqlite/journal.ts';
import { openLedger } from '../adapters/sqlite/ledger.ts';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import { isAppError } from '../base/app-error.ts';
import type { Config } from '../config/config.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';
import { createConfiguredPlanner } from './planner.ts';

/** Whoever only looks, or decides about what is there, makes nothing: files would belong to whoever typed the command. */
interface StorageOptions {
  readonly mustExist?: boolean;
}

/**
 * The ledger of this installation; made when absent, but for `mustExist`. Throws `ledger_unavailable`, `ledger_not_durable`, `disk_full`,
 * `secret_unreadable`, `keys_lost`, and `ledger_missing` where it must exist.
 */
export function createLedgerStore(config: Config, { mustExist = false }: StorageOptions = {}): Ledger {
  return openLedger({
    path: config.paths.ledger,
    keyFile: config.secrets.keyFile,
    clock: createSystemClock(),
    planner: createConfiguredPlanner(config),
    mustExist,
  });
}

/** The journal of this installation; `log` hears of entries that wait for the disk. Throws the same codes as the ledger. */
export function createCipheredJournal(
  config: Config,
  { log, mustExist = false }: StorageOptions & { readonly log?: Logger } = {},
): Journal {
  return openJournal({
    path: config.paths.journal,
    keyFile: config.secrets.keyFile,
    onFailure: ({ code }) => log?.error('the journal was not written; its entries wait', { code }),
    mustExist,
  });
}

/** What `open` gives; null where there is nothing to open. */
export function ifThere<T>(open: () => T): T | null {
  try {
    return open();
  } catch (error) {
    if (isAppError(error) && error.code === 'ledger_missing') return null;
    throw error;
  }
}
