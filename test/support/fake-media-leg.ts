import type { MediaLeg, MediaLegHandlers } from '../../src/ports/media-leg.ts';

/** A leg in memory that can do nothing but send: what playout and its pacer make of it is what a plain RTP leg would get. */
export interface FakeMediaLeg {
  readonly leg: MediaLeg;
  /** Every frame that reached the caller, in order. */
  readonly played: Int16Array[];
  /** The caller's audio, frame by frame. */
  hear(frame: Int16Array): void;
  hangUp(reason: string): void;
  closed(): boolean;
}

export function createFakeMediaLeg(handlers: MediaLegHandlers): FakeMediaLeg {
  const played: Int16Array[] = [];
  let closed = false;
  return {
    played,
    leg: {
      capabilities: { marks: false, flush: false, paces: false },
      send: (pcm) => {
        if (!closed) played.push(pcm.slice());
      },
      mark: () => {
        throw new Error('this leg has no marks');
      },
      flush: () => {
        throw new Error('this leg has no flush');
      },
      close: () => {
        closed = true;
      },
    },
    hear: (frame) => {
      if (!closed) handlers.onFrame(frame);
    },
    hangUp: (reason) => {
      if (closed) return;
      closed = true;
      handlers.onClosed(reason);
    },
    closed: () => closed,
  };
}
