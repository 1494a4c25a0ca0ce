import { openJournal } from '../adapters/sqlite/journal.ts';
import { openLedger } from '../adapters/sqlite/ledger.ts';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import type { Config } from '../config/config.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';
import { createConfiguredPlanner } from './planner.ts';

/** The ledger of this installation. Throws `ledger_unavailable`, `ledger_not_durable`, `disk_full`, `secret_unreadable`. */
export function createLedgerStore(config: Config): Ledger {
  return openLedger({
    path: config.paths.ledger,
    keyFile: config.secrets.keyFile,
    clock: createSystemClock(),
    planner: createConfiguredPlanner(config),
  });
}

/** The journal of this installation; `log` hears of entries that wait for the disk. Throws the same codes as the ledger. */
export function createCipheredJournal(config: Config, log?: Logger): Journal {
  return openJournal({
    path: config.paths.journal,
    keyFile: config.secrets.keyFile,
    onFailure: ({ code }) => log?.error('the journal was not written; its entries wait', { code }),
  });
}
