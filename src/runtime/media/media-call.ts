import type { Clock } from '../../base/clock.ts';
import type { CallId, UtteranceId } from '../../base/ids.ts';
import type { Expectation } from '../../domain/dialog/dialog.ts';
import type { AudioEvent } from '../../ports/call-audio.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MediaLeg, MediaLegHandlers } from '../../ports/media-leg.ts';
import type { Recognizer } from '../../ports/recognizer.ts';
import type { Vad } from '../../ports/vad.ts';
import type { Voice } from '../../ports/voice.ts';
import { type CallerEar, createCallerEar, type TellEvent } from './caller-ear.ts';
import { createPacedLeg, type PacedLeg } from './paced-leg.ts';
import { createPlayout, type Playout } from './playout.ts';

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
  /** `play`, `stop` and `duck` before the leg is open wait for it. */
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

interface Attached {
  readonly leg: MediaLeg;
  readonly paced: PacedLeg | null;
  readonly playout: Playout;
}

export function createMediaCall(call: CallId, parts: MediaParts): MediaCall {
  const logger = parts.logger.child({ call });
  const ended = new AbortController();
  const nowMs = (): number => parts.clock.monotonicMs();
  let attached: Attached | null = null;
  let waiting: ((playout: Playout) => void)[] = [];
  const tell: TellEvent = (event) => {
    if (!ended.signal.aborted) parts.onEvent({ atMs: ear.positionMs(), ...event, call });
  };
  const agent = { speaking: () => attached?.playout.speaking() ?? false, outbound: () => attached?.playout.outbound() ?? 0 };
  const ear: CallerEar = createCallerEar({ vad: parts.vad, recognizer: parts.recognizer, logger, signal: ended.signal, tell, agent });
  const whenOpen = (action: (playout: Playout) => void): void => {
    if (attached !== null) action(attached.playout);
    else waiting.push(action);
  };
  const close = (): void => {
    ended.abort();
    ear.close();
    waiting = [];
    attached?.playout.close();
    attached?.leg.close();
  };
  return {
    handlers: {
      onFrame: (pcm) => {
        if (!ended.signal.aborted) ear.frame(pcm, nowMs());
      },
      onMark: (id) => attached?.playout.mark(id),
      onClosed: (reason) => {
        if (ended.signal.aborted) return;
        attached?.playout.close();
        tell({ type: 'leg.lost', reason });
        close();
      },
    },
    attach: (leg) => {
      if (ended.signal.aborted) return leg.close();
      const { marks, flush, paces } = leg.capabilities;
      const paced = marks && flush && paces ? null : createPacedLeg(leg, (id) => attached?.playout.mark(id));
      const playout = createPlayout({ leg: paced ?? leg, voice: parts.voice, nowMs, onEvent: tell });
      attached = { leg, paced, playout };
      tell({ type: 'leg.opened' });
      for (const action of waiting) action(playout);
      waiting = [];
    },
    expect: (expectation) => ear.expect(expectation),
    play: (utterance, clauses) => whenOpen((playout) => playout.play(utterance, clauses)),
    stop: () => whenOpen((playout) => playout.stop()),
    duck: (gainDb) => whenOpen((playout) => playout.duck(gainDb)),
    finishUtterance: () => ear.finishUtterance(),
    discardUtterance: () => ear.discardUtterance(),
    tick: () => {
      if (ended.signal.aborted) return;
      ear.tick(nowMs());
      attached?.playout.tick();
      attached?.paced?.tick(nowMs());
    },
    close,
  };
}
