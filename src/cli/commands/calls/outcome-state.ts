import type { OpState, OpView } from '../../../domain/writeback/intent.ts';

/** What the ledger says about what a call has come to. `missing`: it has no operation of the kind at all. */
export type OutcomeState = 'verified' | 'pending' | 'needs_person' | 'missing';

/** Outcomes that an operation has to bear out, and its kind. */
const KINDS: Readonly<Record<string, OpView['kind']>> = {
  booked: 'booking',
  rescheduled: 'reschedule',
  cancelled: 'cancel',
  message: 'message',
};

const STATES: Readonly<Record<OpState, Exclude<OutcomeState, 'missing'>>> = {
  accepted: 'pending',
  sending: 'pending',
  unknown: 'pending',
  committed: 'pending',
  verified: 'verified',
  compensating: 'needs_person',
  compensated: 'needs_person',
  rejected: 'needs_person',
  conflict: 'needs_person',
  dead: 'needs_person',
  needs_human: 'needs_person',
};

/** The least certain first: it decides. */
const DOUBTS = ['needs_person', 'pending', 'verified'] as const;

const WORDS: Readonly<Record<OutcomeState, string>> = {
  verified: '',
  pending: ' (pending)',
  needs_person: ' (needs a person)',
  missing: ' (not in the ledger)',
};

const isRefused = ({ state }: OpView): boolean => state === 'conflict' || state === 'rejected';

/**
 * What the ledger bears out of an outcome; null where no operation is needed for it. `operations` are those of the call, newest first; a
 * refused one that was followed by another attempt does not count: the caller was offered something else.
 */
export function outcomeState(outcome: string | null, operations: readonly OpView[]): OutcomeState | null {
  const kind = outcome === null ? undefined : KINDS[outcome];
  if (kind === undefined) return null;
  const ofKind = operations.filter((op) => op.kind === kind);
  const states = ofKind.filter((op, index) => index === 0 || !isRefused(op)).map(({ state }) => STATES[state]);
  return DOUBTS.find((doubt) => states.includes(doubt)) ?? 'missing';
}

/** The outcome in words that claim no more than the ledger bears out: "booked", "booked (pending)". */
export function sayOutcome(outcome: string | null, state: OutcomeState | null): string {
  return outcome === null ? '-' : `${outcome}${state === null ? '' : WORDS[state]}`;
}
