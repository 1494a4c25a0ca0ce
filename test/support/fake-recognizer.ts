import { AppError } from '../../src/base/app-error.ts';
import { samplesToMs } from '../../src/base/units.ts';
import type { Expectation } from '../../src/domain/dialog/dialog.ts';
import type { Recognizer } from '../../src/ports/recognizer.ts';

/** A recogniser that hears what it is told: one word for every `wordMs` of audio, until the sentence is over. */
export interface FakeRecognizer extends Recognizer {
  readonly opened: readonly Expectation[];
  /** Samples fed to the utterance opened last. */
  fedSamples(): number;
}

export function createFakeRecognizer(options: { readonly sentence: string; readonly wordMs: number }): FakeRecognizer {
  const words = options.sentence.split(' ');
  const opened: Expectation[] = [];
  let fed = 0;
  let closed = false;
  return {
    opened,
    fedSamples: () => fed,
    open: ({ expectation, onText }) => {
      opened.push(expectation);
      let samples = 0;
      let heard = 0;
      let over = closed;
      fed = 0;
      const text = (): string => words.slice(0, heard).join(' ');
      const lastWordEndMs = (): number | null => (heard === 0 ? null : heard * options.wordMs);
      return {
        feed: (pcm) => {
          if (over) return;
          samples += pcm.length;
          fed = samples;
          const now = Math.min(words.length, Math.floor(samplesToMs(samples) / options.wordMs));
          if (now === heard) return;
          heard = now;
          onText({ text: text(), final: false, lastWordEndMs: lastWordEndMs() });
        },
        finish: async ({ signal }) => {
          if (over || signal.aborted) throw new AppError('speech_failed', 'the utterance has ended');
          over = true;
          const final = { text: text(), final: true, lastWordEndMs: lastWordEndMs() };
          onText(final);
          return final;
        },
        close: () => {
          over = true;
        },
      };
    },
    close: async () => {
      closed = true;
    },
  };
}
