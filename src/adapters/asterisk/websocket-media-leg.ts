import { WebSocket, type RawData } from 'ws';
import { AppError } from '../../base/app-error.ts';
import { FRAME_SAMPLES } from '../../base/units.ts';
import { fromLittleEndian, toLittleEndian } from '../../audio/sample.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MediaLeg, MediaLegHandlers } from '../../ports/media-leg.ts';

/** Asterisk's name for 8 kHz signed 16-bit linear audio. */
const FORMAT = 'slin';
/** How long the connection and Asterisk's MEDIA_START may take. */
const OPEN_MS_MAX = 3000;
/** chan_websocket drops longer commands without a word. */
const COMMAND_BYTES_MAX = 128;
/** Samples in one binary message: chan_websocket closes above 65,535 bytes. */
const MESSAGE_SAMPLES_MAX = 16_000;
/** Bytes that may wait for Asterisk (30 s of audio); more and the connection is taken for dead. */
const BACKLOG_BYTES_MAX = 480_000;

type Command = { readonly command: 'MARK_MEDIA'; readonly correlation_id: string } | { readonly command: 'FLUSH_MEDIA' };
type MediaEvent = { readonly event?: unknown; readonly format?: unknown; readonly correlation_id?: unknown; readonly error_text?: unknown };

function parseEvent(data: RawData): MediaEvent {
  try {
    const value: unknown = JSON.parse(bytesOf(data).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Waits for MEDIA_START and checks that Asterisk speaks 8 kHz linear. */
function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error: AppError | null): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('message', onMessage);
      socket.off('close', onClose);
      if (error === null) return resolve();
      socket.terminate();
      reject(error);
    };
    const abort = (): void => settle(new AppError('cancelled', 'the leg is not wanted any more'));
    const onClose = (code: number): void =>
      settle(new AppError('media_leg_failed', `the audio connection was refused or closed (${code})`));
    const onMessage = (data: RawData, isBinary: boolean): void => {
      const event = isBinary ? {} : parseEvent(data);
      if (event.event !== 'MEDIA_START') return;
      settle(
        event.format === FORMAT
          ? null
          : new AppError('sample_rate_wrong', `Asterisk sends ${String(event.format)}; ${FORMAT} (8 kHz) is needed`),
      );
    };
    const timer = setTimeout(
      () => settle(new AppError('media_leg_failed', `Asterisk did not start the audio within ${OPEN_MS_MAX} ms`)),
      OPEN_MS_MAX,
    );
    socket.on('message', onMessage);
    socket.on('close', onClose);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function legOver(socket: WebSocket, logger: Logger): MediaLeg {
  const command = (body: Command): void => {
    const text = JSON.stringify(body);
    if (Buffer.byteLength(text) > COMMAND_BYTES_MAX)
      throw new AppError('invariant_broken', `a media command of ${text.length} bytes would be dropped`);
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  };
  return {
    capabilities: { marks: true, flush: true, paces: true },
    send: (pcm) => {
      if (pcm.length % FRAME_SAMPLES !== 0) throw new AppError('invariant_broken', 'audio for a leg comes in whole frames');
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > BACKLOG_BYTES_MAX) {
        logger.warn('media: Asterisk does not read, the leg is closed', { bytes: socket.bufferedAmount });
        return socket.terminate();
      }
      for (let at = 0; at < pcm.length; at += MESSAGE_SAMPLES_MAX) socket.send(toLittleEndian(pcm.subarray(at, at + MESSAGE_SAMPLES_MAX)));
    },
    mark: (id) => command({ command: 'MARK_MEDIA', correlation_id: id }),
    flush: () => command({ command: 'FLUSH_MEDIA' }),
    close: () => socket.close(1000),
  };
}

/**
 * Port `MediaLeg` over chan_websocket of Asterisk 22 (externalMedia, `connection_type=server`, format `slin`, JSON control): Asterisk paces
 * and marks. Throws `media_leg_failed`, `sample_rate_wrong` or `cancelled`; observes `signal` until the leg is open.
 */
export async function openWebSocketMediaLeg(options: {
  readonly url: string;
  readonly handlers: MediaLegHandlers;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): Promise<MediaLeg> {
  const { handlers, logger } = options;
  const socket = new WebSocket(options.url, ['media'], {
    perMessageDeflate: false,
    handshakeTimeout: OPEN_MS_MAX,
    skipUTF8Validation: true,
  });
  let failure = 'closed by Asterisk';
  socket.on('error', (error) => {
    failure = error instanceof Error ? error.message : String(error);
  });
  let isOpen = false;
  // Set before waiting: the first audio may come in the same packet as MEDIA_START.
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      const pcm = fromLittleEndian(bytesOf(data));
      for (let at = 0; at + FRAME_SAMPLES <= pcm.length; at += FRAME_SAMPLES) handlers.onFrame(pcm.subarray(at, at + FRAME_SAMPLES));
      return;
    }
    const event = parseEvent(data);
    if (event.event === 'MEDIA_MARK_PROCESSED' && typeof event.correlation_id === 'string') handlers.onMark(event.correlation_id);
    else if (event.event === 'MEDIA_XOFF' || event.event === 'ERROR')
      logger.warn('media: Asterisk objects', { event: event.event, reason: typeof event.error_text === 'string' ? event.error_text : '' });
  });
  socket.on('close', (code) => {
    if (isOpen) handlers.onClosed(`${failure} (${code})`);
  });
  await opened(socket, options.signal);
  isOpen = true;
  return legOver(socket, logger);
}
