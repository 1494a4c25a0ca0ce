import { decodeAlaw, encodeAlaw } from '../../audio/alaw.ts';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.ts';

export const CODECS = ['alaw', 'ulaw'] as const;
export type Codec = (typeof CODECS)[number];

/** Static RTP payload types and SDP names (RFC 3551). */
export const PAYLOAD_TYPES: Readonly<Record<Codec, number>> = { ulaw: 0, alaw: 8 };
export const SDP_NAMES: Readonly<Record<Codec, string>> = { ulaw: 'PCMU/8000', alaw: 'PCMA/8000' };
/** Payload type of telephone events that our own offers name. */
export const EVENT_PAYLOAD_TYPE = 101;

export const codecOf = (payloadType: number): Codec | null => CODECS.find((codec) => PAYLOAD_TYPES[codec] === payloadType) ?? null;
export const encodeAudio = (codec: Codec, pcm: Int16Array): Uint8Array => (codec === 'alaw' ? encodeAlaw(pcm) : encodeMulaw(pcm));
export const decodeAudio = (codec: Codec, bytes: Uint8Array): Int16Array => (codec === 'alaw' ? decodeAlaw(bytes) : decodeMulaw(bytes));
