import { FRAME_MS, FRAME_SAMPLES } from '../../base/units.ts';

/** A caller's frames may be this late before silence stands in for them (silence suppression, lost packets). */
const GAP_MS_MAX = 100;
/** Frames older than this come from a backlog after a stall; they are not heard, but their time passes. */
const BACKLOG_MS_MAX = 300;
/** A tick later than this means that this process was stalled: waiting frames are read before anything is filled in. */
const TICK_LATE_MS = 60;
/** Time that is filled with silence frame by frame; a longer hole is jumped over. */
const FILL_MS_MAX = 1000;

export interface FrameClockHandlers {
  /** One 20 ms frame of continuous time; `filled` when it is silence in place of something. */
  readonly onFrame: (pcm: Int16Array, filled: boolean) => void;
  /** Time that passed without frames: whoever keeps state over time starts afresh. */
  readonly onJump: (skippedMs: number) => void;
}

/**
 * Makes a continuous 20 ms stream of what a leg delivers, by the wall clock: gaps become silence, a backlog after a stall is dropped.
 * Voice activity and recognition then never see time jump unnoticed.
 */
export interface FrameClock {
  /** A frame from the leg, at monotonic time `nowMs`. */
  frame(pcm: Int16Array, nowMs: number): void;
  /** Called about every 20 ms. */
  tick(nowMs: number): void;
  /** Position of the stream: milliseconds since the first frame. */
  positionMs(): number;
  /** Frames dropped from backlogs so far. */
  dropped(): number;
}

export function createFrameClock(handlers: FrameClockHandlers): FrameClock {
  const silence = new Int16Array(FRAME_SAMPLES);
  let startMs: number | null = null;
  let positionMs = 0;
  let dropped = 0;
  let lastTickMs: number | null = null;
  const lagMs = (nowMs: number): number => nowMs - (startMs ?? nowMs) - positionMs;
  const fillTo = (nowMs: number, restMs: number): void => {
    if (lagMs(nowMs) > FILL_MS_MAX) {
      const skippedMs = Math.floor((lagMs(nowMs) - restMs) / FRAME_MS) * FRAME_MS;
      positionMs += skippedMs;
      handlers.onJump(skippedMs);
      return;
    }
    while (lagMs(nowMs) >= restMs + FRAME_MS) {
      positionMs += FRAME_MS;
      handlers.onFrame(silence, true);
    }
  };
  return {
    frame: (pcm, nowMs) => {
      startMs ??= nowMs - FRAME_MS;
      const lag = lagMs(nowMs);
      if (lag > BACKLOG_MS_MAX + FRAME_MS) {
        dropped += 1;
        positionMs += FRAME_MS;
        if (lag > FILL_MS_MAX) handlers.onJump(FRAME_MS);
        else handlers.onFrame(silence, true);
        return;
      }
      // The earliest frame seen sets the clock: later ones are measured against it.
      if (lag < FRAME_MS) startMs -= FRAME_MS - lag;
      positionMs += FRAME_MS;
      handlers.onFrame(pcm, false);
    },
    tick: (nowMs) => {
      const stalled = lastTickMs !== null && nowMs - lastTickMs > TICK_LATE_MS;
      lastTickMs = nowMs;
      if (startMs === null || stalled || lagMs(nowMs) <= GAP_MS_MAX + FRAME_MS) return;
      fillTo(nowMs, GAP_MS_MAX);
    },
    positionMs: () => positionMs,
    dropped: () => dropped,
  };
}
