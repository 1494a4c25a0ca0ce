import { FRAME_MS, FRAME_SAMPLES } from '../../base/units.ts';
import type { MediaLeg } from '../../ports/media-leg.ts';

/** A gap that a caller hears, in milliseconds: audio is queued ahead of time, so that any gap means that this process was held up. */
const GAP_MS_MAX = 60;

/** A leg that tells of audio which came after everything before it had been played. */
export function watchLegPace(leg: MediaLeg, nowMs: () => number, onLate: () => void): MediaLeg {
  let playedUntilMs: number | null = null;
  return {
    ...leg,
    send: (pcm) => {
      const now = nowMs();
      if (playedUntilMs !== null && now - playedUntilMs > GAP_MS_MAX) onLate();
      playedUntilMs = Math.max(playedUntilMs ?? now, now) + (pcm.length / FRAME_SAMPLES) * FRAME_MS;
      leg.send(pcm);
    },
    flush: () => {
      playedUntilMs = nowMs();
      leg.flush();
    },
  };
}
