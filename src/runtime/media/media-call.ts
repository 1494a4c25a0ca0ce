import type { CallId, UtteranceId } from '../../base/ids.ts';
import { FRAME_MS } from '../../base/units.ts';
import type { Expectation } from '../../domain/dialog/dialog.ts';
import type { AudioEvent } from '../../ports/call-audio.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MediaLeg, MediaLegHandlers } from '../../ports/media-leg.ts';
import type { Recognizer } from '../../ports/recognizer.ts';
import type { Vad } from '../../ports/vad.ts';
import type { Voice } from '../../ports/voice.ts';
import { createEchoGate } from './echo-gate.ts';
import { createFrameClock } from './frame-clock.ts';
import { createHearing, type Hearing } from './hearing.ts';
import { createPacedLeg, type PacedLeg } from './paced-leg.ts';
import { createPlayout, type Playout } from './playout.ts';
import type { SpeechSign } from './speech-detector.ts';
import { createVoiceActivity, type VoiceActivity } from './voice-activity.ts';

/** What every call of the media process shares. */
export interface MediaParts {
  readonly clock: Clock;
  readonly vad: Vad;
  readonly recognizer: Recognizer;
  readonly voice: Voice;
  readonly logger: Logger;
  readonly onEvent: (event: AudioEvent) => void;
}

/** The audio of one call on one leg. */
export interface MediaCall {
  /** What the leg calls. */
  readonly handlers: MediaLegHandlers;
  /** The leg is open. */
  attach(leg: MediaLeg): void;
  expect(expectation: Expectation): void;
  play(utterance: UtteranceId, clauses: readonly string[]): void;
  stop(): void;
  duck(gainDb: number): void;
  finishUtterance(): void;
  discardUtterance(): void;
  /** Called about every 20 ms. */
  tick(): void;
  /** Ends everything without an event. */
  close(): void;
}

type WithoutCall<Event> = Event extends { readonly call: CallId } ? Omit<Event, 'call' | 'atMs'> & { readonly atMs?: number } : never;

export function createMediaCall(call: CallId, parts: MediaParts): MediaCall {
  const logger = parts.logger.child({ call });
  const ended = new AbortController();
  const nowMs = (): number => parts.clock.monotonicMs();
  const gate = createEchoGate();
  let playout: Playout | null = null;
  let leg: MediaLeg | null = null;
  let paced: PacedLeg | null = null;
  /** `play` before the leg is open waits for it. */
  let waiting: (() => void)[] = [];

  const emit = (event: WithoutCall<AudioEvent>): void => {
    if (!ended.signal.aborted) parts.onEvent({ atMs: Math.round(frames.positionMs()), ...event, call } as AudioEvent);
  };
  const hearing: Hearing = createHearing({
    recognizer: parts.recognizer,
    logger,
    signal: ended.signal,
    onPartial: (text) => emit({ type: 'caller.partial_heard', text }),
    onFinal: (text) => emit({ type: 'caller.text_final', text }),
  });
  const activity: VoiceActivity = createVoiceActivity({
    vad: parts.vad.open(),
    gate,
    outbound: () => playout?.outbound() ?? 0,
    onSign: (sign) => hear(sign),
    onFailure: (error) => logger.warn('media: voice activity failed for a window', { reason: String(error) }),
  });
  const hear = (sign: SpeechSign): void => {
    // The last windows are judged after the call has ended: they must not open an utterance that nobody closes.
    if (ended.signal.aborted) return;
    if (sign.type === 'started') hearing.begin(sign.atMs);
    if (sign.type === 'started') emit({ type: 'caller.speech_started', atMs: Math.round(sign.atMs), overPlayback: playout?.speaking() ?? false });
    else if (sign.type === 'voiced') emit({ type: 'caller.voiced', atMs: Math.round(sign.atMs), voicedMs: sign.voicedMs });
    else emit({ type: 'caller.speech_ended', atMs: Math.round(sign.atMs), decidedAtMs: Math.round(sign.decidedAtMs) });
  };
  const frames = createFrameClock({
    onFrame: (pcm) => {
      const endMs = frames.positionMs();
      hearing.push(pcm, endMs);
      activity.push(pcm, endMs - FRAME_MS);
    },
    onJump: (skippedMs) => {
      logger.warn('media: time without audio was skipped', { skippedMs });
      activity.reset();
    },
  });
  const whenOpen = (action: (open: Playout) => void): void => {
    if (playout !== null) action(playout);
    else waiting.push(() => playout !== null && action(playout));
  };
  const close = (): void => {
    ended.abort();
    hearing.discard();
    waiting = [];
    leg?.close();
  };
  return {
    handlers: {
      onFrame: (pcm) => {
        if (!ended.signal.aborted) frames.frame(pcm, nowMs());
      },
      onMark: (id) => playout?.mark(id),
      onClosed: (reason) => {
        if (ended.signal.aborted) return;
        playout?.close();
        emit({ type: 'leg.lost', reason });
        close();
      },
    },
    attach: (opened) => {
      if (ended.signal.aborted) return opened.close();
      leg = opened;
      const { marks, flush, paces } = opened.capabilities;
      paced = marks && flush && paces ? null : createPacedLeg(opened, (id) => playout?.mark(id));
      playout = createPlayout({ leg: paced ?? opened, voice: parts.voice, nowMs, onEvent: emit });
      emit({ type: 'leg.opened' });
      for (const action of waiting) action();
      waiting = [];
    },
    expect: (expectation) => hearing.expect(expectation),
    play: (utterance, clauses) => whenOpen((open) => open.play(utterance, clauses)),
    stop: () => whenOpen((open) => open.stop()),
    duck: (gainDb) => whenOpen((open) => open.duck(gainDb)),
    finishUtterance: () => hearing.finish(activity.speaking()),
    discardUtterance: () => {
      if (playout?.speaking() === true) gate.falseAlarm();
      hearing.discard();
      activity.reset();
    },
    tick: () => {
      if (ended.signal.aborted) return;
      frames.tick(nowMs());
      playout?.tick();
      paced?.tick(nowMs());
    },
    close,
  };
}
