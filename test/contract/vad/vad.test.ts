import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSileroVad } from '../../../src/adapters/speech/silero-vad.ts';
import { verifyModel, partOf } from '../../../src/adapters/speech/model-pack.ts';
import { toFloat32 } from '../../../src/audio/sample.ts';
import type { Vad, VadStream } from '../../../src/ports/vad.ts';
import { createFakeVad } from '../../support/fake-vad.ts';
import { espeak, MODELS_DIR } from '../../support/speech-processes.ts';

const WINDOW = 256;

async function probabilities(stream: VadStream, pcm: Int16Array): Promise<number[]> {
  const found: number[] = [];
  for (let at = 0; at + WINDOW <= pcm.length; at += WINDOW) found.push(await stream.process(toFloat32(pcm.subarray(at, at + WINDOW))));
  return found;
}
const share = (values: readonly number[], test: (value: number) => boolean): number => values.filter(test).length / values.length;

describe.each([
  ['by loudness', async (): Promise<Vad> => createFakeVad()],
  [
    'Silero',
    async (): Promise<Vad> =>
      createSileroVad(partOf(verifyModel({ manifestPath: `${MODELS_DIR}/manifest.json`, pack: 'starter', role: 'vad' }), 'model')),
  ],
])('voice activity: %s', (_name, make) => {
  let vad: Vad;
  beforeAll(async () => {
    vad = await make();
  });
  afterAll(() => vad.close());

  test('speech is speech, silence is not', async () => {
    const spoken = espeak('my name is Anna Weber and I need an appointment');
    expect(share(await probabilities(vad.open(), spoken), (p) => p > 0.5)).toBeGreaterThan(0.7);
    expect(share(await probabilities(vad.open(), new Int16Array(16_000)), (p) => p < 0.35)).toBe(1);
  });

  test('streams do not hear each other', async () => {
    const [speaking, silent] = [vad.open(), vad.open()];
    const spoken = espeak('good morning to you all');
    const silence: number[] = [];
    for (let at = 0; at + WINDOW <= spoken.length; at += WINDOW) {
      const [, quiet] = await Promise.all([
        speaking.process(toFloat32(spoken.subarray(at, at + WINDOW))),
        silent.process(new Float32Array(WINDOW)),
      ]);
      silence.push(quiet);
    }
    expect(Math.max(...silence)).toBeLessThan(0.35);
  });

  test('a stream that was reset answers as a fresh one', async () => {
    const spoken = espeak('hello');
    const [used, fresh] = [vad.open(), vad.open()];
    await probabilities(used, spoken);
    used.reset();
    expect(await probabilities(used, spoken)).toEqual(await probabilities(fresh, spoken));
  });
});

test('a file that is no model is refused as corrupt', async () => {
  await expect(createSileroVad(`${MODELS_DIR}/manifest.json`)).rejects.toMatchObject({ code: 'model_corrupt' });
});
