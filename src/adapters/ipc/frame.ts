import { AppError } from '../../base/app-error.ts';

/** Largest frame on a socket between processes, in bytes: half a minute of audio with room to spare. */
export const FRAME_BYTES_MAX = 1_048_576;
const HEADER_BYTES = 5;
const KIND_JSON = 0;
const KIND_AUDIO = 1;

export type IpcFrame =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'audio'; readonly stream: number; readonly pcm: Int16Array };

function header(kind: number, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEADER_BYTES);
  head.writeUInt32LE(bytes, 0);
  head.writeUInt8(kind, 4);
  return head;
}

/** One JSON message: u32 length, u8 kind 0, UTF-8 text. */
export function encodeJson(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value), 'utf8');
  if (body.length > FRAME_BYTES_MAX) throw new AppError('invariant_broken', `message of ${body.length} bytes is over the frame limit`);
  return Buffer.concat([header(KIND_JSON, body.length), body]);
}

/** Audio of one stream: u32 length, u8 kind 1, u32 stream id, 8 kHz signed 16-bit little-endian samples. */
export function encodeAudio(stream: number, pcm: Int16Array): Buffer {
  const body = Buffer.allocUnsafe(4 + pcm.length * 2);
  if (body.length > FRAME_BYTES_MAX) throw new AppError('invariant_broken', `audio of ${pcm.length} samples is over the frame limit`);
  body.writeUInt32LE(stream, 0);
  for (let i = 0; i < pcm.length; i += 1) body.writeInt16LE(pcm[i] ?? 0, 4 + i * 2);
  return Buffer.concat([header(KIND_AUDIO, body.length), body]);
}

function decode(kind: number, body: Buffer): IpcFrame {
  if (kind === KIND_JSON) return { kind: 'json', value: JSON.parse(body.toString('utf8')) as unknown };
  if (kind !== KIND_AUDIO || body.length < 4) throw new AppError('peer_disconnected', `unknown frame kind ${kind}`);
  const pcm = new Int16Array((body.length - 4) >> 1);
  for (let i = 0; i < pcm.length; i += 1) pcm[i] = body.readInt16LE(4 + i * 2);
  return { kind: 'audio', stream: body.readUInt32LE(0), pcm };
}

/** Cuts a byte stream into frames. Throws `peer_disconnected` on a frame that no peer of ours sends. */
export function createFrameReader(onFrame: (frame: IpcFrame) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const length = pending.readUInt32LE(0);
      if (length > FRAME_BYTES_MAX) throw new AppError('peer_disconnected', `frame of ${length} bytes is over the limit`);
      if (pending.length < HEADER_BYTES + length) return;
      const frame = decode(pending.readUInt8(4), pending.subarray(HEADER_BYTES, HEADER_BYTES + length));
      pending = pending.subarray(HEADER_BYTES + length);
      onFrame(frame);
    }
  };
}
