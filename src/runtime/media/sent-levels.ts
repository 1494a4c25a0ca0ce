import { rms } from '../../audio/level.ts';
import { FRAME_MS, FRAME_SAMPLES } from '../../base/units.ts';

/** How long the agent's voice may come back as echo after it was played. */
const ECHO_MEMORY_MS = 300;
/** Frames remembered: the memory, and what may be queued ahead. */
const FRAMES_MAX = 100;

/** Levels of the frames on their way to the caller, by the time at which they are heard. */
export interface SentLevels {
  /** Frames that will be played from monotonic time `startMs` on. */
  sent(pcm: Int16Array, startMs: number): void;
  /** Forgets what was flushed before it was played. */
  flushed(nowMs: number): void;
  /** Loudest level that the caller hears now or heard in the last 300 ms, as a share of full scale. */
  loudest(nowMs: number): number;
}

export function createSentLevels(): SentLevels {
  let frames: { readonly startMs: number; readonly level: number }[] = [];
  return {
    sent: (pcm, startMs) => {
      for (let at = 0; at < pcm.length; at += FRAME_SAMPLES)
        frames.push({ startMs: startMs + (at / FRAME_SAMPLES) * FRAME_MS, level: rms(pcm.subarray(at, at + FRAME_SAMPLES)) });
      if (frames.length > FRAMES_MAX) frames = frames.slice(-FRAMES_MAX);
    },
    flushed: (nowMs) => {
      frames = frames.filter((frame) => frame.startMs < nowMs);
    },
    loudest: (nowMs) => {
      let loudest = 0;
      for (const frame of frames) {
        if (frame.startMs <= nowMs && frame.startMs + FRAME_MS >= nowMs - ECHO_MEMORY_MS) loudest = Math.max(loudest, frame.level);
      }
      return loudest;
    },
  };
}
