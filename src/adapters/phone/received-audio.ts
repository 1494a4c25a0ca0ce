import { FRAME_MS, SAMPLE_RATE_HZ, samplesToMs } from '../../base/units.ts';

/** One packet as it came in. Times are of the phone's monotonic clock, in milliseconds. */
export interface ReceivedPacket {
  readonly arrivedAtMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  /** 8 kHz. */
  readonly pcm: Int16Array;
  /** Position of the first and last sample above the audible level, or null for a silent packet. */
  readonly audible: { readonly first: number; readonly last: number } | null;
}

/** A stretch of audio with more than 60 ms between two packets of one talk spurt. */
export interface ReceiveGap {
  readonly atMs: number;
  readonly gapMs: number;
}

/** Everything below is silence to the caller: DESIGN §10 measures the answer's first sample above it. */
export const AUDIBLE_DBFS = -50;
const AUDIBLE_AMPLITUDE = 32_768 * 10 ** (AUDIBLE_DBFS / 20);
/** DESIGN §10: a frame later than this, within a talk spurt, is late. */
export const LATE_FRAME_MS = 60;
/** A pause of the RTP clock beside the arrival gap tells a new talk spurt from a late frame. */
const SPURT_SLACK_MS = 30;
/** Audio of one call that is kept: two hours of 20 ms packets. */
export const RECEIVED_PACKETS_MAX = 360_000;

/** First and last sample of a piece of audio that a caller can hear, or null. */
export function audibleSpan(pcm: Int16Array): { readonly first: number; readonly last: number } | null {
  const first = pcm.findIndex((sample) => Math.abs(sample) > AUDIBLE_AMPLITUDE);
  return first < 0 ? null : { first, last: pcm.findLastIndex((sample) => Math.abs(sample) > AUDIBLE_AMPLITUDE) };
}

/** What one call has received, kept packet by packet. A sample is heard at its packet's arrival plus its position in it. */
export interface ReceivedAudio {
  push(packet: Omit<ReceivedPacket, 'audible'>): void;
  packets(): readonly ReceivedPacket[];
  /** Moment of the first audible sample at or after `atMs`, or null. */
  firstAudibleAt(atMs: number): number | null;
  /** Moment of the latest audible sample, at most `untilMs`; null when there was none. */
  lastAudibleAt(untilMs?: number): number | null;
  /** Gaps over 60 ms within a talk spurt. */
  gaps(): readonly ReceiveGap[];
  /** Calls `listener` with every packet from now on; returns how to stop that. */
  onPacket(listener: (packet: ReceivedPacket) => void): () => void;
  /** The whole reception on one time line that begins at `fromMs`, 8 kHz; what never came is silence. */
  timeline(fromMs: number, untilMs: number): Int16Array;
}

function gapBetween(before: ReceivedPacket, after: ReceivedPacket): ReceiveGap | null {
  const gapMs = after.arrivedAtMs - before.arrivedAtMs;
  if (gapMs <= LATE_FRAME_MS) return null;
  const clockMs = samplesToMs((after.timestamp - before.timestamp) | 0);
  const isNewSpurt = clockMs > gapMs - SPURT_SLACK_MS && ((after.sequence - before.sequence) & 0xffff) <= 1;
  return isNewSpurt ? null : { atMs: before.arrivedAtMs + FRAME_MS, gapMs };
}

export function createReceivedAudio(): ReceivedAudio {
  const packets: ReceivedPacket[] = [];
  const listeners = new Set<(packet: ReceivedPacket) => void>();
  const gaps: ReceiveGap[] = [];
  return {
    push: (raw) => {
      if (packets.length >= RECEIVED_PACKETS_MAX) return;
      const packet: ReceivedPacket = { ...raw, audible: audibleSpan(raw.pcm) };
      const before = packets.at(-1);
      const gap = before === undefined ? null : gapBetween(before, packet);
      if (gap !== null) gaps.push(gap);
      packets.push(packet);
      for (const listener of listeners) listener(packet);
    },
    packets: () => packets,
    firstAudibleAt: (atMs) => {
      for (const packet of packets) {
        if (packet.audible === null || packet.arrivedAtMs + samplesToMs(packet.pcm.length) < atMs) continue;
        const heardAtMs = packet.arrivedAtMs + samplesToMs(packet.audible.first);
        if (heardAtMs >= atMs) return heardAtMs;
        if (packet.arrivedAtMs + samplesToMs(packet.audible.last) >= atMs) return atMs;
      }
      return null;
    },
    lastAudibleAt: (untilMs = Number.POSITIVE_INFINITY) => {
      const packet = packets.findLast(({ audible, arrivedAtMs }) => audible !== null && arrivedAtMs <= untilMs);
      return packet?.audible == null ? null : packet.arrivedAtMs + samplesToMs(packet.audible.last);
    },
    gaps: () => gaps,
    onPacket: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    timeline: (fromMs, untilMs) => {
      const out = new Int16Array(Math.max(0, Math.round(((untilMs - fromMs) * SAMPLE_RATE_HZ) / 1000)));
      let nextFree = Number.NEGATIVE_INFINITY;
      for (const { arrivedAtMs, pcm } of packets) {
        const wanted = Math.round(((arrivedAtMs - fromMs) * SAMPLE_RATE_HZ) / 1000);
        // A packet a little early or late is put where its forerunner ended: jitter is not audible as clicks.
        const at = Math.abs(wanted - nextFree) < SAMPLE_RATE_HZ / 25 ? nextFree : wanted;
        if (at < 0 || at + pcm.length > out.length) continue;
        out.set(pcm, at);
        nextFree = at + pcm.length;
      }
      return out;
    },
  };
}
