import { createPcmHistory } from '../../audio/history.ts';
import { msToSamples, samplesToMs } from '../../base/units.ts';
import type { Expectation } from '../../domain/dialog/dialog.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RecognizedText, Recognizer, RecognizerStream } from '../../ports/recognizer.ts';

/** Audio from before the detected beginning of speech that the recogniser hears too. */
const PRE_ROLL_MS = 300;
/** Kept audio: the pre-roll, the time detection takes, and what waits for the model. */
const HISTORY_MS = 1500;
/** An utterance that nobody finishes is closed to further audio after this. */
const UTTERANCE_MS_MAX = 60_000;

export interface HearingOptions {
  readonly recognizer: Recognizer;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onPartial: (text: string) => void;
  readonly onFinal: (text: string) => void;
}

/** The caller's utterance on its way to the recogniser: opened when speech starts, fed until it is finished or discarded. */
export interface Hearing {
  /** One frame; `endMs` is the position of its end. */
  push(pcm: Int16Array, endMs: number): void;
  /** Speech was detected from `startMs` on; goes on with the utterance that is open, if one is. */
  begin(startMs: number): void;
  expect(expectation: Expectation): void;
  /** Asks for the final text; an utterance that never began is the empty text. `speaking`: the caller goes on, a new one begins. */
  finish(speaking: boolean): void;
  discard(): void;
}

interface OpenUtterance {
  readonly stream: RecognizerStream;
  text: string;
  fedSamples: number;
}

export function createHearing(options: HearingOptions): Hearing {
  const history = createPcmHistory(msToSamples(HISTORY_MS));
  let expectation: Expectation = 'general';
  let open: OpenUtterance | null = null;
  let endMs = 0;
  const feed = (utterance: OpenUtterance, pcm: Int16Array): void => {
    if (samplesToMs(utterance.fedSamples) > UTTERANCE_MS_MAX) return;
    utterance.fedSamples += pcm.length;
    utterance.stream.feed(pcm);
    if (samplesToMs(utterance.fedSamples) > UTTERANCE_MS_MAX) options.logger.warn('media: utterance over its limit, the rest is not heard');
  };
  const start = (fromMs: number): void => {
    const hear = (heard: RecognizedText): void => {
      if (open !== utterance || heard.final || heard.text === utterance.text) return;
      utterance.text = heard.text;
      options.onPartial(heard.text);
    };
    const utterance: OpenUtterance = { stream: options.recognizer.open({ expectation, onText: hear }), text: '', fedSamples: 0 };
    open = utterance;
    feed(utterance, history.since(history.position() - msToSamples(Math.max(0, endMs - fromMs))));
  };
  const settle = async (utterance: OpenUtterance): Promise<void> => {
    try {
      const final = await utterance.stream.finish({ signal: options.signal });
      options.onFinal(final.text);
    } catch (error) {
      if (options.signal.aborted) return;
      options.logger.warn('media: no final text, the last partial stands', {
        reason: error instanceof Error ? error.message : String(error),
      });
      options.onFinal(utterance.text);
    }
  };
  return {
    push: (pcm, positionMs) => {
      endMs = positionMs;
      history.push(pcm);
      if (open !== null) feed(open, pcm);
    },
    begin: (startMs) => {
      if (open === null) start(startMs - PRE_ROLL_MS);
    },
    expect: (next) => {
      expectation = next;
    },
    finish: (speaking) => {
      const finished = open;
      open = null;
      if (finished === null) options.onFinal('');
      else void settle(finished);
      if (speaking) start(endMs);
    },
    discard: () => {
      open?.stream.close();
      open = null;
    },
  };
}
