import { FRAME_MS, FRAME_SAMPLES } from '../../base/units.ts';
import type { MediaLeg } from '../../ports/media-leg.ts';

/** Frames sent at once to catch up after a late tick; what was missed beyond that is left out of the clock. */
const BURST_FRAMES_MAX = 3;
/** Audio that may wait to be sent; more is dropped. */
const QUEUE_FRAMES_MAX = 500;

type Queued = { readonly type: 'frame'; readonly pcm: Int16Array } | { readonly type: 'mark'; readonly id: string };

/** A leg that can do everything playout needs, on top of one that only sends: 20 ms by an absolute clock, marks and flush of its own. */
export interface PacedLeg extends MediaLeg {
  /** Sends what is due at monotonic time `nowMs`; called about every 20 ms. */
  tick(nowMs: number): void;
}

/** `onMark` is called when the audio before a mark has been sent and its time has passed. */
export function createPacedLeg(leg: MediaLeg, onMark: (id: string) => void): PacedLeg {
  const queue: Queued[] = [];
  let nextFrameMs: number | null = null;
  const passMarks = (): void => {
    for (let head = queue[0]; head?.type === 'mark'; head = queue[0]) {
      queue.shift();
      onMark(head.id);
    }
  };
  return {
    capabilities: { marks: true, flush: true, paces: true },
    send: (pcm) => {
      for (let at = 0; at < pcm.length && queue.length < QUEUE_FRAMES_MAX; at += FRAME_SAMPLES)
        queue.push({ type: 'frame', pcm: pcm.subarray(at, at + FRAME_SAMPLES) });
    },
    mark: (id) => void queue.push({ type: 'mark', id }),
    flush: () => {
      queue.length = 0;
    },
    close: () => leg.close(),
    tick: (nowMs) => {
      nextFrameMs ??= nowMs;
      for (let sent = 0; nextFrameMs <= nowMs; sent += 1) {
        passMarks();
        const head = queue.shift();
        if (head === undefined || head.type === 'mark') {
          nextFrameMs = null;
          return;
        }
        leg.send(head.pcm);
        nextFrameMs += FRAME_MS;
        if (sent + 1 >= BURST_FRAMES_MAX && nextFrameMs <= nowMs) nextFrameMs = nowMs + FRAME_MS;
      }
    },
  };
}
