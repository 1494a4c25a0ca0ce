/** Zero crossings of the sinc on each side: 60 dB of rejection with a Hann window, a fraction of a millisecond per second of audio. */
const ZERO_CROSSINGS = 16;
/** Cut-off as a share of the lower Nyquist frequency. */
const CUTOFF = 0.95;

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Converts a whole piece of audio to another rate by band-limited interpolation (windowed sinc). Same rate: the input itself. */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples;
  const ratio = toHz / fromHz;
  const scale = CUTOFF * Math.min(1, ratio);
  const reach = ZERO_CROSSINGS / scale;
  const out = new Float32Array(Math.floor(samples.length * ratio));
  for (let i = 0; i < out.length; i += 1) {
    const centre = i / ratio;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let j = first; j <= last; j += 1) {
      const x = j - centre;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / reach);
      sum += (samples[j] ?? 0) * sinc(x * scale) * window;
    }
    out[i] = sum * scale;
  }
  return out;
}
