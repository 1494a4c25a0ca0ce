import type { CallId, OpId, TurnNumber } from '../../base/ids.ts';
import type { FreeSlot, SlotQuery } from '../hours/free-slot.ts';
import type { PracticeProfile } from '../hours/practice.ts';
import type { UtteranceDraft } from '../utterance/utterance.ts';
import type { IntentPayload } from '../writeback/intent.ts';
import type { ActScore } from './act.ts';

/** What stays the same during one input: the practice, the clock, who calls. */
export interface DialogContext {
  readonly call: CallId;
  readonly practice: PracticeProfile;
  /** Business time in epoch milliseconds. */
  readonly nowEpochMs: number;
  /** E.164 or null when anonymous. */
  readonly callerNumber: string | null;
  /** The caller's own open bookings, as far as they are known and fresh. */
  readonly ownBookings: readonly OwnBooking[];
  /** What systems say of appointments that people entered under the caller's number, as far as it is fresh. */
  readonly entered: readonly EnteredAppointment[];
  /** Full names under which systems know the caller's number, as far as they are fresh. Guesses: never said, only what is heard is mended. */
  readonly knownNames: readonly string[];
}

/** An appointment that this product made. */
export interface OwnBooking {
  readonly op: OpId;
  readonly service: string;
  readonly start: string;
  readonly name: string;
  /** Minutes since it was made. */
  readonly ageMinutes: number;
}

/** An appointment to come that people at the practice entered. It is named to the caller; only people move or cancel it. */
export interface EnteredAppointment {
  /** Null when it does not say which of the practice's services it is for. */
  readonly service: string | null;
  /** ISO 8601 with offset. */
  readonly start: string;
}

/** What happened, as the dialog sees it. Every answer to a move carries the turn of the move. */
export type DialogInput =
  | { readonly type: 'call_started' }
  /** `act` is null on the first pass; after a `score_act` move the same text comes again with its act (or `unavailable`). */
  | { readonly type: 'caller_said'; readonly turn: TurnNumber; readonly text: string; readonly act: ActScore | 'unavailable' | null }
  | { readonly type: 'caller_pressed'; readonly turn: TurnNumber; readonly digits: string }
  | { readonly type: 'no_input'; readonly turn: TurnNumber }
  /** `ageMs`: how long ago the calendar was read. */
  | {
      readonly type: 'slots_found';
      readonly turn: TurnNumber;
      readonly query: SlotQuery;
      readonly slots: readonly FreeSlot[];
      readonly ageMs: number;
    }
  | { readonly type: 'slots_unknown'; readonly turn: TurnNumber; readonly query: SlotQuery }
  /** The fate of a submitted intent within the answer budget. */
  | { readonly type: 'intent_settled'; readonly turn: TurnNumber; readonly seq: number; readonly result: IntentResult }
  | { readonly type: 'transfer_settled'; readonly turn: TurnNumber; readonly outcome: 'answered' | 'nobody' }
  /** The caller was cut off, or the process restarted: say where we were. */
  | { readonly type: 'resumed'; readonly turn: TurnNumber };

export type IntentResult =
  | { readonly state: 'verified'; readonly op: OpId; readonly fingerprint: string; readonly readBack: IntentPayload }
  /** Not decided within the budget; it is in the ledger and will be carried out. A promise is open. */
  | { readonly state: 'pending'; readonly op: OpId; readonly channel: 'human_task' }
  /** The slot was taken, or the record changed; nothing was written. */
  | { readonly state: 'conflict'; readonly op: OpId }
  | { readonly state: 'rejected'; readonly op: OpId }
  /** The ledger itself could not take it: nothing was accepted. */
  | { readonly state: 'not_accepted' };

export const OUTCOMES = [
  'booked',
  'rescheduled',
  'cancelled',
  'message',
  'informed',
  'transferred',
  'escalated',
  'failed_over',
  'abandoned',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What the dialog wants done. Moves are data; the call actor carries them out in order. */
export type DialogMove =
  | { readonly type: 'say'; readonly utterance: UtteranceDraft }
  /** Rules and parsers did not settle the turn: ask the language model, then feed `caller_said` again. */
  | { readonly type: 'score_act'; readonly turn: TurnNumber; readonly text: string }
  | { readonly type: 'find_slots'; readonly turn: TurnNumber; readonly query: SlotQuery }
  | { readonly type: 'submit'; readonly turn: TurnNumber; readonly seq: number; readonly payload: IntentPayload }
  | { readonly type: 'transfer'; readonly turn: TurnNumber; readonly reason: 'asked' | 'emergency' | 'complaint' | 'failed_twice' }
  | { readonly type: 'hang_up'; readonly outcome: Outcome };

/** What the recogniser should listen for next; picks the decoding graph and the endpointing strategy. */
export const EXPECTATIONS = ['general', 'confirm', 'datetime', 'name', 'phone'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];
