import type { CallId } from '../../base/ids.ts';
import type { DialogContext, EnteredAppointment, Expectation, Outcome, OwnBooking } from '../dialog/dialog.ts';
import type { PracticeProfile } from '../hours/practice.ts';
import type { Utterance } from '../utterance/utterance.ts';
import type { DialogState } from './brain.ts';
import type { TimerName } from './event.ts';

/** Where the call is. The only field that says so. */
export type CallPhase =
  | { readonly name: 'arriving' }
  | { readonly name: 'opening' }
  | { readonly name: 'talking' }
  | { readonly name: 'handing_over' }
  | { readonly name: 'handed_over' }
  /** The last words are being spoken; then the call is hung up. */
  | { readonly name: 'closing'; readonly outcome: Outcome }
  | { readonly name: 'ended'; readonly outcome: Outcome };

/** The caller's utterance in progress, from the first voiced frame to the final text. */
export interface Speech {
  readonly status: 'voiced' | 'silent' | 'finishing';
  readonly startedAtMs: number;
  /** End of the last voiced frame; null while voiced for the first time. */
  readonly endedAtMs: number | null;
  readonly text: string;
}

/** An utterance handed to the voice. The first of the list is being played. */
export interface Speaking {
  readonly utterance: Utterance;
  readonly clausesPlayed: number;
  readonly stopping: boolean;
}

/** What the dialog is waiting for; its answer must carry the same turn. */
export interface Waiting {
  readonly for: 'act' | 'slots' | 'intent' | 'transfer';
  readonly turn: number;
}

/** A line of the conversation as it was heard. */
export interface HistoryLine {
  readonly who: 'agent' | 'caller';
  readonly text: string;
}

export interface CallState {
  readonly call: CallId;
  readonly did: string;
  readonly callerNumber: string | null;
  readonly ownBookings: readonly OwnBooking[];
  /** What systems know of the caller's number; null until they have answered. */
  readonly known: {
    readonly names: readonly string[];
    readonly entered: readonly EnteredAppointment[];
    readonly readAtEpochMs: number;
  } | null;
  readonly phase: CallPhase;
  readonly turn: number;
  readonly dialog: DialogState;
  readonly speech: Speech | null;
  readonly speaking: readonly Speaking[];
  /** What failed on the way to the caller; said again when a new leg opens, forgotten once the voice is heard or the caller goes on. */
  readonly unheard: readonly Utterance[];
  /** What a false alarm cut off, to be taken up again. */
  readonly interrupted: Utterance | null;
  readonly waiting: Waiting | null;
  /** Said while a write or a transfer was under way, in order; heard by the dialog afterwards, as one text. */
  readonly heldTexts: readonly string[];
  readonly expectation: Expectation | null;
  readonly timers: Readonly<Partial<Record<TimerName, number>>>;
  readonly lastStamp: number;
  readonly lastUtterance: number;
  readonly digits: string;
  readonly history: readonly HistoryLine[];
}

/** What `reduceCall` may know beside the state: fixed for one event. */
export interface CallContext {
  readonly practice: PracticeProfile;
  /** Business time. */
  readonly nowEpochMs: number;
  readonly limits: CallLimits;
}

export interface CallLimits {
  readonly fillerAfterMs: number;
  readonly noInputMs: number;
  readonly lengthMsMax: number;
}

/** Age at which what systems said of a caller is not relied on any more, in milliseconds. */
export const KNOWN_CALLER_AGE_MS_MAX = 600_000;

export function dialogContext(state: CallState, context: CallContext): DialogContext {
  const { known, ownBookings } = state;
  const isFresh = known !== null && context.nowEpochMs - known.readAtEpochMs <= KNOWN_CALLER_AGE_MS_MAX;
  return {
    call: state.call,
    practice: context.practice,
    nowEpochMs: context.nowEpochMs,
    callerNumber: state.callerNumber,
    ownBookings,
    entered: isFresh ? known.entered : [],
    knownNames: [...ownBookings.map(({ name }) => name), ...(isFresh ? known.names : [])],
  };
}
