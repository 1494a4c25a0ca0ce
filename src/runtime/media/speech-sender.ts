import { applyGain, dbToGain } from '../../audio/level.ts';
import { FRAME_MS, FRAME_SAMPLES } from '../../base/units.ts';
import type { MediaLeg } from '../../ports/media-leg.ts';
import { createSentLevels } from './sent-levels.ts';

/** Audio is sent at most this far ahead of the wall clock: what is sent cannot be ducked any more. */
export const LEAD_MS_MAX = 200;
/** Silence kept ahead while nothing is said, so that RTP keeps flowing. */
const SILENCE_LEAD_MS = 60;

/** Sends audio to a leg, no further ahead than allowed, and knows when the caller hears it. Marks are made and numbered here. */
export interface SpeechSender {
  /** Frames of speech that may be sent now. */
  room(): number;
  /** Whole frames of speech, at the gain in force; silence queued before it is taken back. */
  speak(pcm: Int16Array): void;
  /** Asks for a mark after what was sent; the id that will come back. */
  mark(): string;
  /** A mark came back; false when it is none of those awaited. */
  passed(id: string): boolean;
  /** Tops up with silence. */
  idle(): void;
  /** Drops what the caller has not heard yet; marks awaited never come. */
  flush(): void;
  gain(db: number): void;
  /** How long ago the last mark should have come back; 0 while none is overdue. */
  overdueMs(): number;
  /** Loudest level that the caller can be hearing. */
  outbound(): number;
}

export function createSpeechSender(leg: MediaLeg, nowMs: () => number): SpeechSender {
  const levels = createSentLevels();
  const silence = new Int16Array(FRAME_SAMPLES);
  const awaited = new Set<string>();
  let playEndMs = 0;
  let speechEndMs = 0;
  let silenceQueued = false;
  let gain = 1;
  let gainWanted = 1;
  let lastMark = 0;
  const aheadMs = (): number => Math.max(0, playEndMs - nowMs());
  const queue = (pcm: Int16Array): void => {
    playEndMs = Math.max(playEndMs, nowMs()) + (pcm.length / FRAME_SAMPLES) * FRAME_MS;
    leg.send(pcm);
  };
  return {
    room: () => (silenceQueued && awaited.size === 0 ? LEAD_MS_MAX / FRAME_MS : Math.floor((LEAD_MS_MAX - aheadMs()) / FRAME_MS)),
    speak: (pcm) => {
      if (silenceQueued && awaited.size === 0) {
        // Nothing but silence is queued: it must not delay the first word.
        leg.flush();
        playEndMs = nowMs();
      }
      silenceQueued = false;
      const out = new Int16Array(pcm.length);
      out.set(applyGain(pcm.subarray(0, FRAME_SAMPLES), gain, gainWanted));
      out.set(applyGain(pcm.subarray(FRAME_SAMPLES), gainWanted, gainWanted), Math.min(pcm.length, FRAME_SAMPLES));
      gain = gainWanted;
      levels.sent(out, Math.max(playEndMs, nowMs()));
      queue(out);
      speechEndMs = playEndMs;
    },
    mark: () => {
      lastMark += 1;
      const id = `m${lastMark}`;
      awaited.add(id);
      leg.mark(id);
      return id;
    },
    passed: (id) => awaited.delete(id),
    idle: () => {
      while (aheadMs() <= SILENCE_LEAD_MS - FRAME_MS) {
        silenceQueued = true;
        queue(silence);
      }
    },
    flush: () => {
      leg.flush();
      playEndMs = nowMs();
      silenceQueued = false;
      awaited.clear();
      levels.flushed(nowMs());
    },
    gain: (db) => {
      gainWanted = dbToGain(db);
    },
    overdueMs: () => (awaited.size === 0 ? 0 : Math.max(0, nowMs() - speechEndMs)),
    outbound: () => levels.loudest(nowMs()),
  };
}
