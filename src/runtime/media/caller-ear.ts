import type { CallId } from '../../base/ids.ts';
import { FRAME_MS } from '../../base/units.ts';
import type { Expectation } from '../../domain/dialog/dialog.ts';
import type { AudioEvent } from '../../ports/call-audio.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Recognizer } from '../../ports/recognizer.ts';
import type { Vad } from '../../ports/vad.ts';
import { createEchoGate } from './echo-gate.ts';
import { createFrameClock } from './frame-clock.ts';
import { createHearing } from './hearing.ts';
import type { SpeechSign } from './speech-detector.ts';
import { createVoiceActivity } from './voice-activity.ts';

/** An event as the parts of a call tell it: the call is added, and the time where it is not given. */
export type TellEvent = (event: UntoldEvent<AudioEvent>) => void;
type UntoldEvent<Event> = Event extends { readonly call: CallId } ? Omit<Event, 'call' | 'atMs'> & { readonly atMs?: number } : never;

export interface CallerEarOptions {
  readonly vad: Vad;
  readonly recognizer: Recognizer;
  readonly logger: Logger;
  /** Aborts when the call has ended. */
  readonly signal: AbortSignal;
  readonly tell: TellEvent;
  /** What the agent does at this moment, for the echo gate. */
  readonly agent: { speaking(): boolean; outbound(): number };
}

/** The caller's side of a call: frames in, signs of speech and words out. */
export interface CallerEar {
  frame(pcm: Int16Array, nowMs: number): void;
  tick(nowMs: number): void;
  positionMs(): number;
  expect(expectation: Expectation): void;
  finishUtterance(): void;
  discardUtterance(): void;
  close(): void;
}

export function createCallerEar(options: CallerEarOptions): CallerEar {
  const { logger, signal, tell, agent } = options;
  const gate = createEchoGate();
  const hearing = createHearing({
    recognizer: options.recognizer,
    logger,
    signal,
    onPartial: (text) => tell({ type: 'caller.partial_heard', text }),
    onFinal: (text) => tell({ type: 'caller.text_final', text }),
  });
  const hear = (sign: SpeechSign): void => {
    // The last windows are judged after the call has ended: they must not open an utterance that nobody closes.
    if (signal.aborted) return;
    const atMs = Math.round(sign.atMs);
    if (sign.type === 'started') hearing.begin(sign.atMs);
    if (sign.type === 'started') tell({ type: 'caller.speech_started', atMs, overPlayback: agent.speaking() });
    else if (sign.type === 'voiced') tell({ type: 'caller.voiced', atMs, voicedMs: sign.voicedMs });
    else tell({ type: 'caller.speech_ended', atMs, decidedAtMs: Math.round(sign.decidedAtMs) });
  };
  const activity = createVoiceActivity({
    vad: options.vad.open(),
    gate,
    outbound: () => agent.outbound(),
    onSign: hear,
    onFailure: (error) => logger.warn('media: voice activity failed for a window', { reason: String(error) }),
  });
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
  return {
    frame: (pcm, nowMs) => frames.frame(pcm, nowMs),
    tick: (nowMs) => frames.tick(nowMs),
    positionMs: () => Math.round(frames.positionMs()),
    expect: (expectation) => hearing.expect(expectation),
    finishUtterance: () => hearing.finish(activity.speaking()),
    discardUtterance: () => {
      // Not the caller's turn after all: while the agent speaks it was likely the agent's echo.
      if (agent.speaking()) gate.falseAlarm();
      hearing.discard();
      activity.reset();
    },
    close: () => hearing.discard(),
  };
}
