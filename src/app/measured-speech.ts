import type { Language } from '../ports/language.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Recognizer } from '../ports/recognizer.ts';
import type { Voice } from '../ports/voice.ts';

/** Runs something that is timed only when it succeeds: what fails or is given up has no time of its own. */
async function timed<T>(work: () => Promise<T>, observe: (durationMs: number) => void): Promise<T> {
  const startedAtMs = performance.now();
  const done = await work();
  observe(performance.now() - startedAtMs);
  return done;
}

/** Times scores of acts, as their caller waits for them. */
export function measureLanguage(language: Language, metrics: Metrics): Language {
  return {
    ...language,
    scoreAct: (turn, options) =>
      timed(
        () => language.scoreAct(turn, options),
        (ms) => metrics.observeMs('language_score_seconds', ms),
      ),
  };
}

/** Times clauses until they can be spoken, those that were kept included. */
export function measureVoice(voice: Voice, metrics: Metrics): Voice {
  return {
    ...voice,
    render: (clause, options) =>
      timed(
        () => voice.render(clause, options),
        (ms) => metrics.observeMs('voice_render_seconds', ms, { priority: options.priority ?? 'now' }),
      ),
  };
}

/** Times the final text of an utterance from when it was asked for. */
export function measureRecognizer(recognizer: Recognizer, metrics: Metrics): Recognizer {
  return {
    ...recognizer,
    open: (options) => {
      const stream = recognizer.open(options);
      return {
        ...stream,
        finish: (finishing) =>
          timed(
            () => stream.finish(finishing),
            (ms) => metrics.observeMs('recogniser_final_seconds', ms),
          ),
      };
    },
  };
}
