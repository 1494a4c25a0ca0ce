import type { CallId, UtteranceId } from '../base/ids.ts';
import type { Expectation } from '../domain/dialog/dialog.ts';
import type { LegAddress } from './switch.ts';

/** What the media process hears and plays in one call. `atMs` counts from the first frame of the leg; `call` names the call. */
export type AudioEvent =
  | { readonly type: 'leg.opened'; readonly call: CallId; readonly atMs: number }
  | { readonly type: 'leg.lost'; readonly call: CallId; readonly atMs: number; readonly reason: string }
  /** VAD on. `overPlayback` tells that the agent was speaking. */
  | { readonly type: 'caller.speech_started'; readonly call: CallId; readonly atMs: number; readonly overPlayback: boolean }
  /** Voiced time of the current speech so far, at 200, 350, 500 and 700 ms; drives barge-in. */
  | { readonly type: 'caller.voiced'; readonly call: CallId; readonly atMs: number; readonly voicedMs: number }
  /** VAD off; `atMs` is the end of the last voiced frame, not the moment of the decision. */
  | { readonly type: 'caller.speech_ended'; readonly call: CallId; readonly atMs: number; readonly decidedAtMs: number }
  | { readonly type: 'caller.partial_heard'; readonly call: CallId; readonly atMs: number; readonly text: string }
  /** The final text asked for by `finishUtterance`. */
  | { readonly type: 'caller.text_final'; readonly call: CallId; readonly atMs: number; readonly text: string }
  | { readonly type: 'agent.speech_started'; readonly call: CallId; readonly atMs: number; readonly utterance: UtteranceId }
  | {
      readonly type: 'agent.clause_played';
      readonly call: CallId;
      readonly atMs: number;
      readonly utterance: UtteranceId;
      readonly clause: number;
    }
  /** All clauses were played, or playback was stopped after `playedMs` of the current clause. */
  | {
      readonly type: 'agent.speech_ended';
      readonly call: CallId;
      readonly atMs: number;
      readonly utterance: UtteranceId;
      readonly cause: 'played' | 'stopped' | 'failed';
      readonly clausesPlayed: number;
      readonly playedMs: number;
    }
  /** The media process (or the recogniser behind it) was restarted; open calls need a new leg. */
  | { readonly type: 'audio.restarted' };

export interface PlayRequest {
  readonly call: CallId;
  readonly utterance: UtteranceId;
  readonly clauses: readonly string[];
}

/** The daemon's side of the media process. Commands are messages: they do not wait, and what comes of them arrives as events. */
export interface CallAudio {
  start(options: { readonly signal: AbortSignal; readonly onEvent: (event: AudioEvent) => void }): Promise<void>;
  open(call: CallId, address: LegAddress): void;
  /** Sets what the recogniser listens for from the next utterance on (and now, if the caller has not begun). */
  expect(call: CallId, expectation: Expectation): void;
  /** Renders clauses ahead of need, without side effect. */
  prepare(clauses: readonly string[]): void;
  /** Plays after what is already queued. */
  play(request: PlayRequest): void;
  /** Stops the voice now and drops what is queued. */
  stop(call: CallId): void;
  /** Lowers (dB, negative) or restores (0) the voice. */
  duck(call: CallId, gainDb: number): void;
  /** Ends the caller's utterance: the final text follows as `caller.text_final`. */
  finishUtterance(call: CallId): void;
  /** Drops what was heard (echo, noise) and listens afresh. */
  discardUtterance(call: CallId): void;
  close(call: CallId): void;
}
