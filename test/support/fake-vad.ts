import type { Vad } from '../../src/ports/vad.ts';

/** Voice activity by loudness alone: speech where the level is above 1 % of full scale. Good for tones and silence, not for noise. */
export function createFakeVad(): Vad {
  return {
    open: () => ({
      process: async (samples) => {
        let sum = 0;
        for (const sample of samples) sum += sample * sample;
        return Math.sqrt(sum / samples.length) > 0.01 ? 0.95 : 0.02;
      },
      reset: () => undefined,
    }),
    close: async () => undefined,
  };
}
