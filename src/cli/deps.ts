import type { Config } from '../config/config.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Output } from './output.ts';

/** What commands need; opened only when a command asks for it. */
export interface CliDeps {
  readonly output: Output;
  readonly config: () => Config;
  /** For commands that change what is there; they make no ledger. Throws `ledger_missing`. */
  readonly ledger: () => Ledger;
  /** For commands that look; null, and said so, where there is none. */
  readonly ledgerIfThere: () => Ledger | null;
  readonly journalIfThere: () => Journal | null;
  /** Ends when the user presses Ctrl-C or the process is asked to end. */
  readonly signal: AbortSignal;
  /** Set by a command whose work failed though it ran: 1. */
  readonly fail: (exitCode: number) => void;
}

export interface JsonOption {
  readonly json?: boolean;
}
