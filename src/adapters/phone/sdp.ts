import { CODECS, EVENT_PAYLOAD_TYPE, PAYLOAD_TYPES, SDP_NAMES, type Codec } from './codec.ts';

/** What the other side said about its audio. */
export interface RemoteAudio {
  readonly host: string;
  readonly port: number;
  /** In the order of its preference; only those we know. */
  readonly codecs: readonly Codec[];
  /** Payload type of telephone events, or null. */
  readonly eventPayloadType: number | null;
}

/** An offer or answer with one audio stream of 20 ms frames (RFC 4566). */
export function formatSdp(audio: {
  readonly host: string;
  readonly port: number;
  readonly codecs: readonly Codec[];
  readonly eventPayloadType: number | null;
  readonly session: number;
}): string {
  const types = [
    ...audio.codecs.map((codec) => PAYLOAD_TYPES[codec]),
    ...(audio.eventPayloadType === null ? [] : [audio.eventPayloadType]),
  ];
  const lines = [
    'v=0',
    `o=- ${audio.session} ${audio.session} IN IP4 ${audio.host}`,
    's=-',
    `c=IN IP4 ${audio.host}`,
    't=0 0',
    `m=audio ${audio.port} RTP/AVP ${types.join(' ')}`,
    ...audio.codecs.map((codec) => `a=rtpmap:${PAYLOAD_TYPES[codec]} ${SDP_NAMES[codec]}`),
    ...(audio.eventPayloadType === null
      ? []
      : [`a=rtpmap:${audio.eventPayloadType} telephone-event/8000`, `a=fmtp:${audio.eventPayloadType} 0-16`]),
    'a=ptime:20',
    'a=sendrecv',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Reads the first audio stream of an SDP; null when there is none. */
export function parseSdp(text: string): RemoteAudio | null {
  const lines = text.split(/\r?\n/);
  const media = lines.map((line) => /^m=audio (\d+) RTP\/AVP (.+)$/.exec(line)).find((match) => match !== null);
  const connection = lines.map((line) => /^c=IN IP4 (\S+)/.exec(line)).findLast((match) => match !== null);
  if (media === undefined || media === null || connection === undefined || connection === null) return null;
  const types = (media[2] ?? '').trim().split(/\s+/).map(Number);
  const event = lines.map((line) => /^a=rtpmap:(\d+) telephone-event\/8000/i.exec(line)).find((match) => match !== null);
  return {
    host: connection[1] ?? '',
    port: Number(media[1]),
    codecs: types.flatMap((type) => CODECS.filter((codec) => PAYLOAD_TYPES[codec] === type)),
    eventPayloadType: event === undefined || event === null ? null : Number(event[1] ?? EVENT_PAYLOAD_TYPE),
  };
}
