import type { OpId, TurnNumber, UtteranceId } from '../../base/ids.ts';
import type { Expectation, Outcome } from '../dialog/dialog.ts';
import type { SlotQuery } from '../hours/free-slot.ts';
import type { Slot, Utterance } from '../utterance/utterance.ts';
import type { IntentPayload } from '../writeback/intent.ts';
import type { TimerName } from './event.ts';

/** What the interpreter is asked to do. Effects are data; what comes of them returns as events. */
export type CallEffect =
  | { readonly type: 'answer_channel' }
  | { readonly type: 'open_leg' }
  | { readonly type: 'set_timer'; readonly timer: TimerName; readonly stamp: number; readonly delayMs: number }
  | { readonly type: 'clear_timer'; readonly timer: TimerName }
  | { readonly type: 'expect_speech'; readonly expectation: Expectation }
  | { readonly type: 'finish_utterance' }
  | { readonly type: 'discard_utterance' }
  | { readonly type: 'play_utterance'; readonly utterance: Utterance }
  | { readonly type: 'stop_playback' }
  | { readonly type: 'duck_playback'; readonly gainDb: number }
  /** Prepare what would be said if the turn ended with this text now; no side effect. */
  | { readonly type: 'speculate_turn'; readonly asked: Slot | null; readonly text: string }
  | { readonly type: 'score_act'; readonly turn: TurnNumber; readonly asked: Slot | null; readonly text: string }
  | { readonly type: 'find_slots'; readonly turn: TurnNumber; readonly query: SlotQuery }
  | { readonly type: 'submit_intent'; readonly turn: TurnNumber; readonly seq: number; readonly payload: IntentPayload }
  | { readonly type: 'record_said'; readonly utterance: Utterance }
  | { readonly type: 'ring_human'; readonly turn: TurnNumber; readonly reason: string }
  | { readonly type: 'release_to_human' }
  /** Something the caller should not have to do twice: a person is told. */
  | {
      readonly type: 'add_callback_task';
      readonly op: OpId | null;
      readonly reason: 'callback' | 'transfer_missed';
      readonly summary: string;
    }
  | { readonly type: 'hang_up'; readonly outcome: Outcome }
  | { readonly type: 'end_call'; readonly outcome: Outcome }
  | {
      readonly type: 'count';
      readonly metric: 'stale_turn' | 'filler' | 'barge_in' | 'backchannel' | 'echo' | 'gate_refused' | 'held_dropped';
      readonly utterance?: UtteranceId;
    };
