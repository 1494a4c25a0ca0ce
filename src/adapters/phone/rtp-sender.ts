import { randomInt } from 'node:crypto';
import type { Random } from '../../base/clock.ts';
import { FRAME_MS, FRAME_SAMPLES, samplesToMs } from '../../base/units.ts';
import { encodeAudio, PAYLOAD_TYPES } from './codec.ts';
import { addNoise, isLost, type Line } from './line.ts';
import { audibleSpan } from './received-audio.ts';
import { encodeRtp, eventPayload } from './rtp-packet.ts';

/** When a piece of audio went out, on the phone's monotonic clock in milliseconds. */
export interface SpokenSpan {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Last sample above −50 dBFS, the noise of the line not counted; the start when there was none. */
  readonly lastVoicedAtMs: number;
  /** False when it was cut short. */
  readonly complete: boolean;
}

interface Piece {
  readonly pcm: Int16Array;
  readonly settle: (span: SpokenSpan) => void;
  sent: number;
  startedAtMs: number;
  lastVoicedAtMs: number;
}

interface Digit {
  readonly digit: string;
  readonly timestamp: number;
  packet: number;
}

export interface RtpSender {
  /** Queues 8 kHz audio; resolves when its last packet has been sent, or with `complete: false` when it was dropped. */
  send(pcm: Int16Array): Promise<SpokenSpan>;
  /** Presses a key for 100 ms (RFC 4733). */
  press(digit: string): void;
  /** Drops what has not been sent. */
  clear(): void;
  /** Everything that went out, in frames, with the moment of each: for recordings. */
  sent(): readonly { readonly atMs: number; readonly pcm: Int16Array }[];
  stop(): void;
}

export interface RtpSenderOptions {
  readonly line: Line;
  readonly random: Random;
  readonly eventPayloadType: () => number | null;
  readonly transmit: (packet: Buffer) => void;
  readonly nowMs: () => number;
}

const DIGIT_PACKETS = 5;
/** RFC 4733 §2.5.1.4: the end of an event is sent three times. */
const DIGIT_END_PACKETS = 3;
/** A sender that fell behind by more than this (a stopped machine) starts its clock anew instead of sending a burst, in frames. */
const BEHIND_FRAMES_MAX = 50;
const SENT_FRAMES_MAX = 360_000;

interface Stream {
  readonly ssrc: number;
  sequence: number;
  timestamp: number;
  isFirst: boolean;
}

function takeFrame(queue: Piece[], atMs: number): Int16Array {
  const frame = new Int16Array(FRAME_SAMPLES);
  const piece = queue[0];
  if (piece === undefined) return frame;
  if (piece.sent === 0) {
    piece.startedAtMs = atMs;
    piece.lastVoicedAtMs = atMs;
  }
  const part = piece.pcm.subarray(piece.sent, piece.sent + FRAME_SAMPLES);
  frame.set(part);
  const audible = audibleSpan(part);
  if (audible !== null) piece.lastVoicedAtMs = atMs + samplesToMs(audible.last);
  piece.sent += part.length;
  if (piece.sent < piece.pcm.length) return frame;
  queue.shift();
  piece.settle({ startedAtMs: piece.startedAtMs, endedAtMs: atMs + FRAME_MS, lastVoicedAtMs: piece.lastVoicedAtMs, complete: true });
  return frame;
}

function drop(queue: Piece[], nowMs: number): void {
  for (const piece of queue.splice(0)) {
    const startedAtMs = piece.sent === 0 ? nowMs : piece.startedAtMs;
    piece.settle({ startedAtMs, endedAtMs: nowMs, lastVoicedAtMs: piece.sent === 0 ? nowMs : piece.lastVoicedAtMs, complete: false });
  }
}

/** Packets of a digit take the place of audio; its timestamp stands still while the stream's goes on. */
function digitPacket(held: Digit, stream: Stream, payloadType: number): Buffer {
  const isEnd = held.packet >= DIGIT_PACKETS;
  const durationSamples = Math.min(held.packet + 1, DIGIT_PACKETS) * FRAME_SAMPLES;
  const packet = encodeRtp({
    payloadType,
    marker: held.packet === 0,
    sequence: stream.sequence,
    timestamp: held.timestamp,
    ssrc: stream.ssrc,
    payload: eventPayload(held.digit, durationSamples, isEnd),
  });
  held.packet += 1;
  return packet;
}

/** Sends a frame every 20 ms on an absolute clock, silence included, as a telephone does: timers that fire late never add up. */
export function createRtpSender(options: RtpSenderOptions): RtpSender {
  const { line, random, nowMs } = options;
  const queue: Piece[] = [];
  const digits: Digit[] = [];
  const sent: { atMs: number; pcm: Int16Array }[] = [];
  const stream: Stream = { ssrc: randomInt(1, 2 ** 32), sequence: randomInt(0, 2 ** 16), timestamp: randomInt(0, 2 ** 32), isFirst: true };
  let startMs = nowMs();
  let frames = 0;
  let timer: NodeJS.Timeout | undefined;
  const transmit = (packet: Buffer): void => {
    if (isLost(line, random)) return;
    if (line.delayMs === 0) options.transmit(packet);
    else setTimeout(() => options.transmit(packet), line.delayMs);
  };
  const sendFrame = (atMs: number): void => {
    const pcm = takeFrame(queue, atMs);
    const held = digits[0];
    const eventType = options.eventPayloadType();
    if (held !== undefined && eventType !== null) {
      transmit(digitPacket(held.packet === 0 ? Object.assign(held, { timestamp: stream.timestamp }) : held, stream, eventType));
      if (held.packet >= DIGIT_PACKETS + DIGIT_END_PACKETS) digits.shift();
    } else {
      const noisy = addNoise(pcm, line.noiseDbfs, random);
      if (sent.length < SENT_FRAMES_MAX) sent.push({ atMs, pcm: noisy });
      transmit(
        encodeRtp({
          payloadType: PAYLOAD_TYPES[line.codec],
          marker: stream.isFirst,
          sequence: stream.sequence,
          timestamp: stream.timestamp,
          ssrc: stream.ssrc,
          payload: encodeAudio(line.codec, noisy),
        }),
      );
      stream.isFirst = false;
    }
    stream.sequence = (stream.sequence + 1) & 0xffff;
    stream.timestamp = (stream.timestamp + FRAME_SAMPLES) >>> 0;
  };
  const tick = (): void => {
    const due = Math.floor((nowMs() - startMs) / FRAME_MS) + 1;
    if (due - frames > BEHIND_FRAMES_MAX) {
      startMs = nowMs();
      frames = 0;
    }
    while (startMs + frames * FRAME_MS <= nowMs()) {
      // What a late timer sends goes out now, not when it was due: the wire is what is measured.
      sendFrame(nowMs());
      frames += 1;
    }
    timer = setTimeout(tick, Math.max(1, startMs + frames * FRAME_MS - nowMs()));
  };
  tick();
  return {
    send: (pcm) =>
      new Promise((resolve) => {
        if (pcm.length === 0) resolve({ startedAtMs: nowMs(), endedAtMs: nowMs(), lastVoicedAtMs: nowMs(), complete: true });
        else queue.push({ pcm, settle: resolve, sent: 0, startedAtMs: 0, lastVoicedAtMs: 0 });
      }),
    press: (digit) => {
      digits.push({ digit, timestamp: 0, packet: 0 });
    },
    clear: () => drop(queue, nowMs()),
    sent: () => sent,
    stop: () => {
      clearTimeout(timer);
      drop(queue, nowMs());
    },
  };
}
