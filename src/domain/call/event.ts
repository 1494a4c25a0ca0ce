import type { CallId, OpId, TurnNumber, UtteranceId } from '../../base/ids.ts';
import type { ActScore } from '../dialog/act.ts';
import type { EnteredAppointment, IntentResult, OwnBooking } from '../dialog/dialog.ts';
import type { FreeSlot, SlotQuery } from '../hours/free-slot.ts';

export const TIMER_NAMES = ['endpoint', 'no_input', 'filler', 'length', 'dtmf'] as const;
export type TimerName = (typeof TIMER_NAMES)[number];

/** Everything that can happen in a call. `atMs` is the media leg's clock; answers carry the turn they belong to. */
export type CallEvent =
  | {
      readonly type: 'call.arrived';
      readonly call: CallId;
      readonly did: string;
      readonly callerNumber: string | null;
      readonly verstat: string | null;
      readonly ownBookings: readonly OwnBooking[];
    }
  /** What systems know of the caller's number, read `ageMs` ago: full names, and appointments that people entered (absent in old journals). */
  | {
      readonly type: 'caller.known';
      readonly names: readonly string[];
      readonly entered?: readonly EnteredAppointment[];
      readonly ageMs: number;
    }
  | { readonly type: 'call.answered' }
  /** The daemon was restarted and found this call alive; its journal has been replayed up to here. */
  | { readonly type: 'call.readopted' }
  | { readonly type: 'leg.opened'; readonly atMs: number }
  | { readonly type: 'leg.lost' }
  | { readonly type: 'caller.speech_started'; readonly atMs: number }
  | { readonly type: 'caller.voiced'; readonly atMs: number; readonly voicedMs: number }
  | { readonly type: 'caller.speech_ended'; readonly atMs: number; readonly decidedAtMs: number }
  | { readonly type: 'caller.partial_heard'; readonly atMs: number; readonly text: string }
  | { readonly type: 'caller.text_final'; readonly atMs: number; readonly text: string }
  | { readonly type: 'caller.pressed'; readonly digit: string }
  | { readonly type: 'agent.speech_started'; readonly atMs: number; readonly utterance: UtteranceId }
  | { readonly type: 'agent.clause_played'; readonly atMs: number; readonly utterance: UtteranceId; readonly clause: number }
  | {
      readonly type: 'agent.speech_ended';
      readonly atMs: number;
      readonly utterance: UtteranceId;
      readonly cause: 'played' | 'stopped' | 'failed';
      readonly clausesPlayed: number;
    }
  /** The second gate refused the utterance: its proof did not hold when its audio was to start. */
  | { readonly type: 'utterance.refused'; readonly utterance: UtteranceId; readonly reason: string }
  | { readonly type: 'timer.fired'; readonly timer: TimerName; readonly stamp: number }
  | { readonly type: 'act.scored'; readonly turn: TurnNumber; readonly text: string; readonly act: ActScore | 'unavailable' }
  /** `ageMs`: how long ago the calendar was read; 0 or little as a rule, more while it cannot be read. */
  | {
      readonly type: 'slots.found';
      readonly turn: TurnNumber;
      readonly query: SlotQuery;
      readonly slots: readonly FreeSlot[];
      readonly ageMs: number;
    }
  | { readonly type: 'slots.unknown'; readonly turn: TurnNumber; readonly query: SlotQuery }
  | { readonly type: 'intent.accepted'; readonly seq: number; readonly op: OpId }
  | { readonly type: 'intent.settled'; readonly turn: TurnNumber; readonly seq: number; readonly result: IntentResult }
  | { readonly type: 'transfer.settled'; readonly turn: TurnNumber; readonly outcome: 'answered' | 'nobody' }
  | { readonly type: 'channel.hung_up'; readonly cause: number };
