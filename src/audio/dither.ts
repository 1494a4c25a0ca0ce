import { INT16_SCALE } from './sample.ts';

/** Standard deviation in 16-bit steps: some 66 dB below full scale, less than any real line has. */
const SIGMA = 16;
/** Prime, so that the noise does not repeat in step with frames. */
const PERIOD_SAMPLES = 8191;
const SEED = 0x2545f491;

/** Nearly Gaussian noise: the sum of four uniform values of a xorshift generator. */
function noiseTable(): Float32Array {
  let state = SEED;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
  // Four uniform values of variance 1/12 each.
  const scale = (SIGMA / INT16_SCALE) * Math.sqrt(3);
  return Float32Array.from({ length: PERIOD_SAMPLES }, () => (uniform() + uniform() + uniform() + uniform()) * scale);
}

const TABLE = noiseTable();

/**
 * Adds faint noise to one stream of audio, always the same: 16-bit samples in, floats in [-1, 1] out. A recogniser that was trained on
 * noisy lines is lost in digital silence, which is what a line with silence suppression delivers (kaldi dithers for the same reason).
 */
export function createDither(): (pcm: Int16Array) => Float32Array {
  let at = 0;
  return (pcm) => {
    const out = new Float32Array(pcm.length);
    for (let i = 0; i < pcm.length; i += 1) {
      out[i] = (pcm[i] ?? 0) / INT16_SCALE + (TABLE[at] ?? 0);
      at = (at + 1) % PERIOD_SAMPLES;
    }
    return out;
  };
}
