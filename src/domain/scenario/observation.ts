import type { CallId, OpId } from '../../base/ids.ts';
import type { InboxMessage, OpView, TaskView } from '../writeback/intent.ts';
import type { Fault } from './scenario.ts';

/** An utterance of which the caller heard at least the beginning. Times are of one monotonic clock, in milliseconds. */
export interface HeardLine {
  readonly id: string;
  readonly kind: string;
  readonly template: string;
  readonly asks: string | null;
  /** What was to be said. */
  readonly text: string;
  /** What reached the caller; null when the call ended before that was known. */
  readonly heardText: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

/** Something the caller said. */
export interface SpokenLine {
  readonly text: string;
  readonly startedAtMs: number;
  readonly lastVoicedAtMs: number;
  readonly endedAtMs: number;
  /** What the agent asked for when it was said. */
  readonly asked: string | null;
}

/** What the product understood of the caller. */
export interface UnderstoodTurn {
  readonly atMs: number;
  readonly text: string;
  readonly act: string | null;
  readonly endpointMs: number;
}

/** What a person who took the call over was given to know. */
export interface TransferObservation {
  readonly transcriptLines: number;
  readonly intent: string;
  readonly sentiment: string;
}

export interface CallObservation {
  readonly call: CallId | null;
  /** As the product reports it; `failed_over` when the switch took the call to the people by itself. */
  readonly outcome: string | null;
  readonly answeredAtMs: number;
  readonly endedAtMs: number;
  readonly heard: readonly HeardLine[];
  readonly spoken: readonly SpokenLine[];
  readonly understood: readonly UnderstoodTurn[];
  /** Why the script could not be played to its end. */
  readonly scriptFailures: readonly string[];
  /** The caller hung up on purpose, by a step of the script. */
  readonly callerLeft: boolean;
  readonly transfer: TransferObservation | null;
  /** For each time the caller spoke over the agent and it fell silent: from their first sample to its last, in milliseconds. */
  readonly bargeInStopMs: readonly number[];
  /** Gaps of more than 60 ms in the audio while the agent spoke. */
  readonly lateFrames: number;
}

/** An entry of the destination that the product made. */
export interface DestinationEntry {
  readonly uid: string;
  readonly startEpochMs: number;
  readonly service: string | null;
  readonly name: string | null;
  /** E.164. */
  readonly phone: string | null;
}

export interface AfterwardsObservation {
  readonly entries: readonly DestinationEntry[];
  readonly operations: readonly OpView[];
  /** Operations that stood in the ledger before the first call. */
  readonly previous: readonly OpId[];
  readonly messages: readonly InboxMessage[];
  readonly openTasks: readonly TaskView[];
  readonly faults: readonly { readonly fault: Fault; readonly hits: number }[];
  /** Writes that reached the destination or were hit by a fault. */
  readonly writes: number;
}
