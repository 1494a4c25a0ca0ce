import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { codecOf, decodeAudio } from './codec.ts';
import { isLost, seededRandom, type Line } from './line.ts';
import { createReceivedAudio, type ReceivedAudio } from './received-audio.ts';
import { decodeRtp } from './rtp-packet.ts';
import { createRtpSender, type RtpSender } from './rtp-sender.ts';
import type { RemoteAudio } from './sdp.ts';

/** The audio of one call: a socket, what is sent and what is received. */
export interface PhoneMedia {
  readonly port: number;
  readonly received: ReceivedAudio;
  /** Starts (or redirects) sending; null before the other side's address is known. */
  connect(remote: RemoteAudio): void;
  sender(): RtpSender | null;
  close(): void;
}

export interface MediaOptions {
  readonly host: string;
  readonly line: Line;
  /** Seed of noise and loss. */
  readonly seed: number;
  readonly nowMs: () => number;
}

function receive(options: MediaOptions, received: ReceivedAudio): (bytes: Buffer) => void {
  const random = seededRandom(options.seed ^ 0x5bd1e995);
  const seen = new Set<number>();
  return (bytes) => {
    const packet = decodeRtp(bytes);
    const codec = packet === null ? null : codecOf(packet.payloadType);
    if (packet === null || codec === null || isLost(options.line, random)) return;
    if (seen.has(packet.sequence)) return;
    seen.add(packet.sequence);
    seen.delete((packet.sequence - 1000) & 0xffff);
    const pcm = decodeAudio(codec, packet.payload);
    const deliver = (): void =>
      received.push({ arrivedAtMs: options.nowMs(), sequence: packet.sequence, timestamp: packet.timestamp, pcm });
    if (options.line.delayMs === 0) deliver();
    else setTimeout(deliver, options.line.delayMs);
  };
}

function closeSocket(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // Already closed: closing twice is harmless.
  }
}

/** Opens the audio of a call on a free UDP port of `host`. */
export async function openMedia(options: MediaOptions): Promise<PhoneMedia> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 262_144 });
  socket.bind(0, options.host);
  await once(socket, 'listening');
  const received = createReceivedAudio();
  let remote: RemoteAudio | null = null;
  let sender: RtpSender | null = null;
  let closed = false;
  socket.on('message', receive(options, received));
  socket.on('error', () => undefined);
  return {
    port: socket.address().port,
    received,
    connect: (next) => {
      remote = next;
      if (closed) return;
      sender ??= createRtpSender({
        line: options.line,
        random: seededRandom(options.seed),
        nowMs: options.nowMs,
        eventPayloadType: () => remote?.eventPayloadType ?? null,
        transmit: (packet) => {
          if (!closed && remote !== null) socket.send(packet, remote.port, remote.host);
        },
      });
    },
    sender: () => sender,
    close: () => {
      if (closed) return;
      closed = true;
      sender?.stop();
      closeSocket(socket);
    },
  };
}
