import { FRAME_SAMPLES } from '../base/units.ts';

/** Pads audio with silence to a whole number of 20 ms frames: a shorter last frame clicks at the far end. */
export function padToFrames(pcm: Int16Array): Int16Array {
  const rest = pcm.length % FRAME_SAMPLES;
  if (rest === 0) return pcm;
  const out = new Int16Array(pcm.length + FRAME_SAMPLES - rest);
  out.set(pcm);
  return out;
}

/** Cuts a stream of pieces of any length into blocks of one length; the rest waits for the next piece. */
export function createBlockCutter(
  blockSamples: number,
  onBlock: (block: Int16Array) => void,
): { push(pcm: Int16Array): void; clear(): void } {
  let block = new Int16Array(blockSamples);
  let filled = 0;
  return {
    push: (pcm) => {
      let taken = 0;
      while (taken < pcm.length) {
        const part = pcm.subarray(taken, taken + blockSamples - filled);
        block.set(part, filled);
        filled += part.length;
        taken += part.length;
        if (filled < blockSamples) return;
        const full = block;
        block = new Int16Array(blockSamples);
        filled = 0;
        onBlock(full);
      }
    },
    clear: () => {
      filled = 0;
    },
  };
}
