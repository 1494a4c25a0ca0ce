import { invariant } from '../../base/invariant.ts';
import { msToSamples } from '../../base/units.ts';
import type { Link, LinkHandlers } from '../../ports/link.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RecognizedText } from '../../ports/recognizer.ts';
import type { EngineStream, RecognizerEngine } from './recognizer-engine.ts';
import { parseCommand, type RecognizerCommand, type RecognizerReport } from './recognizer-protocol.ts';

/** Utterances open at once on one link. */
const STREAMS_MAX = 200;
/** Longest utterance; what comes after it is not heard, and the log says so. */
const UTTERANCE_SAMPLES_MAX = msToSamples(120_000);

interface HostStream {
  readonly engine: EngineStream;
  samples: number;
  finished: boolean;
}

/** The server side of recognition: streams of all links share one engine and one cooperative decoding loop. */
export interface RecognizerHost {
  /** Handlers for a new link. */
  serve(link: Link): LinkHandlers;
}

export function createRecognizerHost(engine: RecognizerEngine, logger: Logger): RecognizerHost {
  let scheduled = false;
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After the sockets have been read: all audio that has arrived is decoded in one batch.
    setImmediate(() => {
      scheduled = false;
      if (engine.step()) schedule();
    });
  };
  return { serve: (link) => serveLink({ engine, logger, schedule }, link) };
}

function serveLink(
  host: { readonly engine: RecognizerEngine; readonly logger: Logger; readonly schedule: () => void },
  link: Link,
): LinkHandlers {
  const streams = new Map<number, HostStream>();
  const report = (message: RecognizerReport): void => void link.send(message);
  const tell = (stream: number, text: RecognizedText): void => report({ type: 'text', stream, ...text });
  const close = (stream: number): void => {
    streams.get(stream)?.engine.close();
    streams.delete(stream);
  };
  const handle = (command: RecognizerCommand): void => {
    if (command.type === 'close') return close(command.stream);
    if (command.type === 'open') {
      close(command.stream);
      invariant(streams.size < STREAMS_MAX, `at most ${STREAMS_MAX} utterances are recognised at once`);
      streams.set(command.stream, {
        engine: host.engine.open(command.expectation, (text) => tell(command.stream, text)),
        samples: 0,
        finished: false,
      });
      return;
    }
    const stream = streams.get(command.stream);
    invariant(stream !== undefined, 'the utterance to finish is open');
    tell(command.stream, stream.engine.finish());
    close(command.stream);
  };
  return {
    onMessage: (message) => {
      const command = parseCommand(message);
      if (command === null) return host.logger.warn('recogniser: message not understood');
      try {
        handle(command);
      } catch (error) {
        report({ type: 'failed', stream: command.stream, message: error instanceof Error ? error.message : String(error) });
      }
    },
    onAudio: (number, pcm) => {
      const stream = streams.get(number);
      if (stream === undefined || stream.finished) return;
      stream.samples += pcm.length;
      if (stream.samples > UTTERANCE_SAMPLES_MAX) {
        stream.finished = true;
        return host.logger.warn('recogniser: utterance over its limit, the rest is not heard', { stream: number, samples: stream.samples });
      }
      stream.engine.accept(pcm);
      host.schedule();
    },
    onLost: () => {
      for (const stream of streams.values()) stream.engine.close();
      streams.clear();
    },
  };
}
