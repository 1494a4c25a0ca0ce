/** Steps of a 16-bit sample from 0 to full scale. */
export const INT16_SCALE = 32_768;
const INT16_MAX = 32_767;

/** The one place where 16-bit samples become floats in [-1, 1): native speech code reads anything else as garbage. */
export function toFloat32(pcm: Int16Array): Float32Array {
  const out = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i += 1) out[i] = (pcm[i] ?? 0) / INT16_SCALE;
  return out;
}

/** Floats in [-1, 1] as 16-bit samples; what lies outside is clipped, what is not a number is silence. */
export function toInt16(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    const value = Math.round((samples[i] ?? 0) * INT16_SCALE);
    out[i] = Number.isNaN(value) ? 0 : Math.max(-INT16_SCALE, Math.min(INT16_MAX, value));
  }
  return out;
}

/** Samples as little-endian bytes, whatever the machine's own order is. */
export function toLittleEndian(pcm: Int16Array): Buffer {
  const out = Buffer.allocUnsafe(pcm.length * 2);
  for (let i = 0; i < pcm.length; i += 1) out.writeInt16LE(pcm[i] ?? 0, i * 2);
  return out;
}

/** Little-endian bytes as samples; an odd last byte is dropped. */
export function fromLittleEndian(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Int16Array(bytes.byteLength >> 1);
  for (let i = 0; i < out.length; i += 1) out[i] = view.getInt16(i * 2, true);
  return out;
}

/** Joins pieces of audio into one. */
export function concatPcm(pieces: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
