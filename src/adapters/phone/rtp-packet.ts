/** One RTP packet (RFC 3550), without extensions of our own. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 12;

export function encodeRtp(packet: RtpPacket): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt8(0x80, 0);
  head.writeUInt8((packet.marker ? 0x80 : 0) | packet.payloadType, 1);
  head.writeUInt16BE(packet.sequence & 0xffff, 2);
  head.writeUInt32BE(packet.timestamp >>> 0, 4);
  head.writeUInt32BE(packet.ssrc >>> 0, 8);
  return Buffer.concat([head, packet.payload]);
}

/** Reads a packet, stepping over CSRCs, an extension and padding; null when it is not RTP version 2. */
export function decodeRtp(bytes: Buffer): RtpPacket | null {
  if (bytes.length < HEADER_BYTES) return null;
  const first = bytes.readUInt8(0);
  if (first >> 6 !== 2) return null;
  let start = HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0 && bytes.length >= start + 4) start += 4 + bytes.readUInt16BE(start + 2) * 4;
  const end = (first & 0x20) === 0 ? bytes.length : bytes.length - bytes.readUInt8(bytes.length - 1);
  if (start > end) return null;
  const second = bytes.readUInt8(1);
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(start, end),
  };
}

const DIGITS = '0123456789*#ABCD';
/** Level of the tone as sent in events, in -dBm0. */
const EVENT_VOLUME = 10;

/** The payload of one telephone event packet (RFC 4733 §2.3). `durationSamples` counts from the start of the digit. */
export function eventPayload(digit: string, durationSamples: number, isEnd: boolean): Uint8Array {
  const out = Buffer.alloc(4);
  out.writeUInt8(DIGITS.indexOf(digit), 0);
  out.writeUInt8((isEnd ? 0x80 : 0) | EVENT_VOLUME, 1);
  out.writeUInt16BE(durationSamples, 2);
  return out;
}

export const isDigit = (sign: string): boolean => sign.length === 1 && DIGITS.includes(sign);
