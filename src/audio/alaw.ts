const MASK = 0x55;
const CLIP = 32_635;

function encodeSample(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(CLIP, sample >= 0 ? sample : -sample - 1);
  const exponent = Math.max(0, 31 - Math.clz32(magnitude >> 7));
  const isLinear = magnitude < 256;
  const code = isLinear ? magnitude >> 4 : (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f);
  return (sign | code) ^ MASK;
}

function decodeByte(byte: number): number {
  const value = byte ^ MASK;
  const exponent = (value >> 4) & 0x07;
  const step = ((value & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? step : (step + 0x100) << (exponent - 1);
  return value & 0x80 ? magnitude : -magnitude;
}

/** Linear samples as G.711 A-law (ITU-T G.711), one byte each. */
export function encodeAlaw(pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(pcm.length);
  for (let i = 0; i < pcm.length; i += 1) out[i] = encodeSample(pcm[i] ?? 0);
  return out;
}

/** G.711 A-law as linear samples. */
export function decodeAlaw(bytes: Uint8Array): Int16Array {
  const out = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) out[i] = decodeByte(bytes[i] ?? MASK);
  return out;
}
