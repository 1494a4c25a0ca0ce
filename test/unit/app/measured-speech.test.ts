import { expect, test } from 'vitest';
import { createCounters } from '../../../src/adapters/metrics/counters.ts';
import { measureLanguage, measureRecognizer, measureVoice } from '../../../src/app/measured-speech.ts';
import type { Recognizer } from '../../../src/ports/recognizer.ts';

const options = { signal: new AbortController().signal };

test('what speech and language take is timed, and what fails is not', async () => {
  const metrics = createCounters();
  let fails = false;
  const close = (): Promise<void> => Promise.resolve();
  const answer = async <T>(value: T): Promise<T> => {
    if (fails) throw new Error('away');
    return value;
  };
  const voice = measureVoice({ render: () => answer(new Int16Array(8)), close }, metrics);
  const language = measureLanguage({ scoreAct: () => answer({ act: 'yes', probability: 1, margin: 1 } as never), close }, metrics);
  const final = { text: 'yes', final: true, lastWordEndMs: null };
  const bare: Recognizer = { open: () => ({ feed: () => undefined, finish: () => answer(final), close: () => undefined }), close };
  const stream = measureRecognizer(bare, metrics).open({ expectation: 'open' as never, onText: () => undefined });

  expect(await voice.render('Hello.', options)).toHaveLength(8);
  await voice.render('Hello.', { ...options, priority: 'prepare' });
  await language.scoreAct({ asked: null, text: 'yes' }, options);
  expect(await stream.finish(options)).toBe(final);
  fails = true;
  await expect(voice.render('Hello.', options)).rejects.toThrow('away');

  const counts = Object.fromEntries(Object.entries(metrics.snapshot()).map(([name, { count }]) => [name, count]));
  expect(counts).toEqual({
    'voice_render_seconds{priority="now"}': 1,
    'voice_render_seconds{priority="prepare"}': 1,
    language_score_seconds: 1,
    recogniser_final_seconds: 1,
  });
});
