const FULL_SCALE = 32_768;
/** What a level of digital silence is reported as. */
export const LEVEL_DBFS_MIN = -96;

export const dbToGain = (db: number): number => 10 ** (db / 20);
export const gainToDb = (gain: number): number => (gain <= 0 ? LEVEL_DBFS_MIN : Math.max(LEVEL_DBFS_MIN, 20 * Math.log10(gain)));

/** Root mean square of a piece of audio as a share of full scale, 0 to 1. */
export function rms(pcm: Int16Array): number {
  if (pcm.length === 0) return 0;
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return Math.sqrt(sum / pcm.length) / FULL_SCALE;
}

export const levelDbfs = (pcm: Int16Array): number => gainToDb(rms(pcm));

/** Multiplies audio by a gain that moves in a straight line from `from` to `to`, so that a step does not click; clips at full scale. */
export function applyGain(pcm: Int16Array, from: number, to: number): Int16Array {
  if (from === 1 && to === 1) return pcm;
  const out = new Int16Array(pcm.length);
  for (let i = 0; i < pcm.length; i += 1) {
    const gain = from + ((to - from) * (i + 1)) / pcm.length;
    out[i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round((pcm[i] ?? 0) * gain)));
  }
  return out;
}
