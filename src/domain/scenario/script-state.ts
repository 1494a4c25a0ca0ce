import type { AgentUtterance } from './matching.ts';
import type { CallScript, Deed } from './scenario.ts';

/** An utterance of the agent as the caller met it. Times are of one monotonic clock, in milliseconds. */
export interface MetUtterance extends AgentUtterance {
  readonly id: string;
  /** First sample heard. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** The caller has said something since: it is not a question any more. */
  readonly answered: boolean;
}

/** What the caller is doing. The only field that says so. */
export type ScriptPhase =
  | { readonly name: 'ringing' }
  /** At the beginning of a step, or waiting for the moment it is timed from. */
  | { readonly name: 'stepping'; readonly sinceMs: number }
  | { readonly name: 'hearing'; readonly sinceMs: number; readonly progressAtMs: number }
  | { readonly name: 'speaking'; readonly then: 'step' | 'hear'; readonly sinceMs: number }
  | { readonly name: 'silent'; readonly sinceMs: number; readonly untilMs: number }
  | { readonly name: 'acting'; readonly sinceMs: number }
  | { readonly name: 'finished' };

export interface ScriptState {
  readonly script: CallScript;
  /** Practice facts that a read-back is compared with. */
  readonly timeZone: string;
  readonly serviceName: string | null;
  readonly step: number;
  readonly phase: ScriptPhase;
  readonly utterances: readonly MetUtterance[];
  /** A `hear` matches only what began after this moment. */
  readonly sinceMs: number;
  /** Where a `hear` that is interrupted by a reply goes on. */
  readonly hearSinceMs: number;
  readonly matched: string | null;
  readonly lastSaidAtMs: number | null;
  readonly isDirectlyAfterSilence: boolean;
  readonly repliesGiven: Readonly<Record<string, number>>;
  readonly over: 'no' | 'agent' | 'caller' | 'handed_over';
}

export type ScriptEvent =
  | { readonly type: 'answered'; readonly atMs: number }
  /** Record and sound of an utterance are both there. */
  | { readonly type: 'utterance_began'; readonly atMs: number; readonly id: string; readonly utterance: AgentUtterance }
  /** `isCut`: the agent stopped before the end. */
  | { readonly type: 'utterance_ended'; readonly atMs: number; readonly id: string; readonly isCut: boolean }
  /** What was asked for by `say` has been said. */
  | { readonly type: 'said'; readonly atMs: number }
  | { readonly type: 'acted'; readonly atMs: number }
  | { readonly type: 'over'; readonly atMs: number; readonly by: 'agent' | 'caller' | 'handed_over' }
  /** Time passes. `quietSinceMs`: since when the agent makes no sound; null while it speaks. */
  | { readonly type: 'tick'; readonly atMs: number; readonly quietSinceMs: number | null };

export type ScriptCommand =
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'press'; readonly digits: string }
  | { readonly type: 'act'; readonly deed: Deed }
  | { readonly type: 'hang_up' }
  /** The script is over; anything still up is to be hung up. */
  | { readonly type: 'finish' }
  | { readonly type: 'fail'; readonly reason: string };

/** Said for a slot that has no reply, at most this often. */
export const SHRUG = 'I am not sure, sorry';
export const SHRUGS_MAX = 2;
/** A `say` waits until the agent has been quiet this long. */
export const QUIET_BEFORE_SPEAKING_MS = 400;
/** A call in which the agent has been quiet this long is over. */
export const QUIET_IS_END_MS = 8000;
export const HEAR_WITHOUT_PROGRESS_MS = 20_000;
export const HEAR_MS_MAX = 120_000;

export function initialScript(
  script: CallScript,
  practice: { readonly timeZone: string; readonly serviceName: string | null },
): ScriptState {
  return {
    script,
    timeZone: practice.timeZone,
    serviceName: practice.serviceName,
    step: 0,
    phase: { name: 'ringing' },
    utterances: [],
    sinceMs: Number.NEGATIVE_INFINITY,
    hearSinceMs: 0,
    matched: null,
    lastSaidAtMs: null,
    isDirectlyAfterSilence: false,
    repliesGiven: {},
    over: 'no',
  };
}
