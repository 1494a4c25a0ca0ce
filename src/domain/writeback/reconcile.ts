import type { OpState, OpView } from './intent.ts';
import type { ReadBackOutcome } from './reduce-op.ts';

/** What a reconciliation can find wrong with one record. */
export const FINDING_TYPES = ['said_not_recorded', 'recorded_not_said', 'field_diff', 'duplicate', 'orphan_remote'] as const;
export type FindingType = (typeof FINDING_TYPES)[number];
export type Verdict = 'ok' | FindingType | 'unreachable';

/** `recent`: what changed a moment ago, and what is alarming. `full`: every appointment to come, and the last days. */
export const RECONCILE_SCOPES = ['recent', 'full'] as const;
export type ReconcileScope = (typeof RECONCILE_SCOPES)[number];

/** What the ledger holds of an operation, as far as its verdict depends on it. */
export interface ReconcileFacts {
  readonly state: OpState;
  readonly role: OpView['role'];
  /** States of later operations that move it, cancel it or take it back. */
  readonly later: readonly OpState[];
  /** What the caller heard about it. */
  readonly heard: readonly ('will_confirm' | 'committed' | 'failed')[];
  /** A confirmation reached the caller, or a person has finished a task about it. */
  readonly toldSince: boolean;
}

/** What the destination said; `duplicate`: it holds two records of one key. */
export type Sighting = ReadBackOutcome | 'duplicate';

const ALERTING: ReadonlySet<Verdict> = new Set<Verdict>(['said_not_recorded', 'duplicate', 'orphan_remote']);

/** True for what a person should know now: somebody relies on what is not so. */
export function isAlerting(verdict: Verdict): boolean {
  return ALERTING.has(verdict);
}

/** What certainly changed nothing of the record that it was about. */
const WITHOUT_EFFECT: ReadonlySet<OpState> = new Set<OpState>(['rejected', 'conflict', 'dead', 'compensated']);

/** Another operation decides what stands: its own check looks at the record too. */
const isSuperseded = ({ later }: ReconcileFacts): boolean => later.some((state) => !WITHOUT_EFFECT.has(state));

/** True when the destination has to be asked before there is a verdict. */
export function needsSighting(facts: ReconcileFacts): boolean {
  return facts.state === 'verified' && !isSuperseded(facts);
}

/**
 * Compares what was said, what the ledger holds and what the destination holds. `sighting` is null when the destination was not asked.
 * What a person changed there is legitimate (`field_diff`); that an agreed appointment is gone is not ours to call legitimate.
 */
export function reconcile(facts: ReconcileFacts, sighting: Sighting | null): Verdict {
  if (isSuperseded(facts)) return 'ok';
  if (facts.state !== 'verified') return facts.heard.includes('committed') ? 'said_not_recorded' : 'ok';
  switch (sighting) {
    case null:
    case 'unavailable':
      return 'unreachable';
    case 'duplicate':
      return 'duplicate';
    case 'differs':
      return 'field_diff';
    case 'absent':
      return gone(facts);
    // An entry that a person laid over ours later is the practice's own decision.
    case 'contested':
    case 'matches':
      return onlyFailureHeard(facts) ? 'recorded_not_said' : 'ok';
  }
}

const onlyFailureHeard = ({ heard, toldSince }: ReconcileFacts): boolean =>
  !toldSince && heard.includes('failed') && !heard.includes('committed');

/** Nobody was told of a further step by itself: without it nothing that was said is wrong. */
function gone(facts: ReconcileFacts): Verdict {
  if (facts.role !== 'pivot') return 'field_diff';
  return onlyFailureHeard(facts) ? 'ok' : 'said_not_recorded';
}

/**
 * Whether a record of ours that a destination lists has anything behind it. `states`: of the operations with its key, none for a key
 * that the ledger does not know.
 */
export function isOrphan(states: readonly OpState[]): boolean {
  return states.every((state) => WITHOUT_EFFECT.has(state));
}
