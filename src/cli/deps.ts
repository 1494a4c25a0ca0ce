import type { Config } from '../config/config.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Output } from './output.ts';

/** What commands need; opened only when a command asks for it. */
export interface CliDeps {
  readonly output: Output;
  readonly config: () => Config;
  readonly ledger: () => Ledger;
  readonly journal: () => Journal;
  /** Ends when the user presses Ctrl-C or the process is asked to end. */
  readonly signal: AbortSignal;
  /** Set by a command whose work failed though it ran: 1. */
  readonly fail: (exitCode: number) => void;
}

export interface JsonOption {
  readonly json?: boolean;
}
