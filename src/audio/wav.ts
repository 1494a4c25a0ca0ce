import { AppError } from '../base/app-error.ts';
import { fromLittleEndian, toLittleEndian } from './sample.ts';

export interface WavAudio {
  readonly sampleRateHz: number;
  readonly pcm: Int16Array;
}

const HEADER_BYTES = 44;
const PCM_FORMAT = 1;

/** Reads a mono 16-bit PCM WAV file (RIFF). Throws `sample_rate_wrong` on any other kind of audio. */
export function decodeWav(bytes: Buffer): WavAudio {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF') throw new AppError('sample_rate_wrong', 'not a WAV file');
  let sampleRateHz = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4);
    const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8);
    if (id === 'fmt ') {
      const kind = { format: bytes.readUInt16LE(at + 8), channels: bytes.readUInt16LE(at + 10), bits: bytes.readUInt16LE(at + 22) };
      if (kind.format !== PCM_FORMAT || kind.channels !== 1 || kind.bits !== 16)
        throw new AppError('sample_rate_wrong', 'the WAV file is not mono 16-bit PCM', { details: kind });
      sampleRateHz = bytes.readUInt32LE(at + 12);
    }
    if (id === 'data' && sampleRateHz > 0) return { sampleRateHz, pcm: fromLittleEndian(bytes.subarray(at + 8, at + 8 + length)) };
    at += 8 + length + (length % 2);
  }
  throw new AppError('sample_rate_wrong', 'the WAV file has no audio');
}

/** Writes a mono 16-bit PCM WAV file. */
export function encodeWav(audio: WavAudio): Buffer {
  const data = toLittleEndian(audio.pcm);
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(HEADER_BYTES - 8 + data.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(PCM_FORMAT, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(audio.sampleRateHz, 24);
  head.writeUInt32LE(audio.sampleRateHz * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
