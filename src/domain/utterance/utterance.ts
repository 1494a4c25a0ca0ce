import type { OpId, UtteranceId } from '../../base/ids.ts';

/** What a caller can be asked for. `SCENARIOS.md` names the same slots. */
export const SLOTS = [
  'intent',
  'service',
  'day',
  'time',
  'datetime',
  'name',
  'phone',
  'birthdate',
  'reason',
  'confirm',
  'message',
  'more',
] as const;
export type Slot = (typeof SLOTS)[number];

export const UTTERANCE_KINDS = ['prompt', 'inform', 'pending', 'commitment', 'apology', 'filler', 'legal'] as const;
export type UtteranceKind = (typeof UTTERANCE_KINDS)[number];

/** One fact that a sentence states, and where it comes from. */
export interface Fact {
  readonly type: 'date' | 'time' | 'name' | 'phone' | 'service' | 'number' | 'text';
  /** Canonical value: ISO date or date-time, E.164 number, id or plain text. */
  readonly value: string;
  readonly source: 'config' | 'destination' | 'caller' | 'ledger' | 'clock';
}

/** The ledger row that bears out a `commitment`: it must be `verified` with this fingerprint when the audio starts. */
export interface CommitmentProof {
  readonly op: OpId;
  readonly fingerprint: string;
}

/** What the dialog wants said, before it has an id. Clauses are spoken one after the other. */
export interface UtteranceDraft {
  readonly kind: UtteranceKind;
  /** Template name, such as `ask_day`. */
  readonly template: string;
  readonly clauses: readonly string[];
  readonly asks: Slot | null;
  readonly facts: readonly Fact[];
  readonly proof: CommitmentProof | null;
  /** The operation whose fate this tells: done, noted or failed; null for everything else. */
  readonly tells: OpId | null;
  /** How many leading clauses the caller cannot interrupt (the disclosure: 1; a commitment: 1). */
  readonly protectedClauses: number;
}

/** The only thing the voice accepts. Made by `admitUtterance`, checked again when its audio starts. */
export interface Utterance extends UtteranceDraft {
  readonly id: UtteranceId;
}

/** What of an utterance reached the caller's ear. */
export interface HeardUtterance {
  readonly utterance: UtteranceId;
  readonly extent: 'full' | 'partial' | 'skipped';
  /** Clauses that were played to their end. */
  readonly clausesHeard: number;
  readonly text: string;
}
