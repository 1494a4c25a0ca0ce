import type { CallId, OpId } from '../base/ids.ts';
import type { OpKind, OpState } from '../domain/writeback/intent.ts';

/** Whom to erase: everybody with one of these telephone numbers (E.164), or everybody whom a call is about. */
export type ErasureTarget = { readonly phones: readonly string[] } | { readonly call: CallId };

/** A record that was sent to a destination and may stand there; only a person can take it away. Nothing personal. */
export interface RemainingRecord {
  readonly op: OpId;
  readonly call: CallId;
  readonly kind: OpKind;
  readonly destination: string;
  /** Id of the record there, and the key that it carries; null when the destination has named none. */
  readonly remoteId: string | null;
  readonly key: string;
  /** `verified`: it stood there when it was last looked at; anything else: it may. */
  readonly state: OpState;
  readonly sentAtEpochMs: number | null;
  readonly erasedAtEpochMs: number;
}

/** What was erased, by number and id. */
export interface ErasureReport {
  readonly calls: readonly CallId[];
  readonly operations: number;
  readonly messages: number;
  readonly tasks: number;
  readonly remaining: readonly RemainingRecord[];
}

/** Erasing people. Throws `ledger_unavailable`, `disk_full`. */
export interface Erasure {
  /**
   * Destroys the keys of the people: everything that the journal and the ledger hold of their calls is unreadable from then on, in copies
   * of both too. What was agreed stays as key and fingerprint, so that a repeat is not carried out again. Idempotent. Throws
   * `erasure_too_early` while a request or promise of theirs is open, and `not_found` for a call that nobody knows; nothing is erased then.
   */
  erase(target: ErasureTarget, by: string): ErasureReport;
  /** What `erase` would do, and throws what it would throw; erases nothing. */
  preview(target: ErasureTarget): ErasureReport;
  /** Records of people who were erased, newest erasure first. */
  remaining(): readonly RemainingRecord[];
  close(): void;
}
