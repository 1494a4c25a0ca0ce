import type { CallId } from '../base/ids.ts';

/** One line of a call's history: an event that happened or an effect that was asked for. */
export interface JournalEntry {
  readonly call: CallId;
  readonly seq: number;
  readonly atEpochMs: number;
  readonly kind: 'event' | 'effect';
  /** `noun.verb_past` or `verb_object`; readable without a key. */
  readonly type: string;
  /** Encrypted at rest. */
  readonly body: unknown;
}

export interface CallSummary {
  readonly call: CallId;
  readonly startedAtEpochMs: number;
  readonly endedAtEpochMs: number | null;
  readonly outcome: string | null;
  readonly entries: number;
}

/** The durable, encrypted history of calls. Throws `disk_full`, `journal_unreadable` or `ledger_unavailable`. */
export interface Journal {
  /** Appends in order; durable when the promise of `flush` resolves (entries are also flushed within 50 ms by themselves). */
  append(entry: Omit<JournalEntry, 'seq'>): void;
  /**
   * The call is about the person with this telephone number (E.164) from here on: erasing that person makes its bodies unreadable, `null`
   * from then on. Kept in order with the entries.
   */
  concerns(call: CallId, phone: string): void;
  flush(options: { readonly signal: AbortSignal }): Promise<void>;
  read(call: CallId): readonly JournalEntry[];
  list(options: { readonly limit: number }): readonly CallSummary[];
  /** Calls that began and never ended: what a restarted daemon has to look for. */
  unfinished(): readonly CallId[];
  close(): void;
}
