import { AppError } from '../../src/base/app-error.ts';
import { throwIfAborted } from '../../src/base/scope.ts';
import type { ActScore } from '../../src/domain/dialog/act.ts';
import type { Language } from '../../src/ports/language.ts';

export interface FakeLanguage extends Language {
  /** From now on every score fails, as when the language process is away. */
  fail(): void;
}

/** A language model that knows the given texts; any other turn is `other` with low probability. */
export function createFakeLanguage(known: Readonly<Record<string, ActScore>> = {}): FakeLanguage {
  let away = false;
  return {
    scoreAct: async ({ text }, { signal }) => {
      throwIfAborted(signal);
      if (away) throw new AppError('speech_failed', 'the act could not be scored');
      return known[text] ?? { act: 'other', probability: 0.3, margin: 0.05 };
    },
    fail: () => {
      away = true;
    },
    close: async () => {
      away = true;
    },
  };
}
