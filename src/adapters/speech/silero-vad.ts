import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../base/app-error.ts';
import { invariant } from '../../base/invariant.ts';
import { SAMPLE_RATE_HZ } from '../../base/units.ts';
import type { Vad, VadStream } from '../../ports/vad.ts';

/** New samples per call at 8 kHz, and how many of the previous call the model wants in front (Silero v5 and later). */
const WINDOW_SAMPLES = 256;
const CONTEXT_SAMPLES = 32;
const STATE_SHAPE = [2, 1, 128] as const;
const STATE_SIZE = 256;

function loadRuntime(): typeof import('onnxruntime-node') {
  return createRequire(import.meta.url)('onnxruntime-node') as typeof import('onnxruntime-node');
}

function openStream(ort: typeof import('onnxruntime-node'), session: InferenceSession, rate: Tensor): VadStream {
  const input = new Float32Array(CONTEXT_SAMPLES + WINDOW_SAMPLES);
  let state: Tensor = new ort.Tensor('float32', new Float32Array(STATE_SIZE), [...STATE_SHAPE]);
  let busy = false;
  return {
    process: async (samples) => {
      invariant(samples.length === WINDOW_SAMPLES, `the voice activity model takes ${WINDOW_SAMPLES} samples at a time`);
      invariant(!busy, 'calls of one voice activity stream do not overlap');
      busy = true;
      try {
        input.copyWithin(0, WINDOW_SAMPLES);
        input.set(samples, CONTEXT_SAMPLES);
        const result = await session.run({ input: new ort.Tensor('float32', input, [1, input.length]), state, sr: rate });
        const next = result['stateN'];
        const probability = result['output']?.data[0];
        if (next === undefined || typeof probability !== 'number')
          throw new AppError('speech_failed', 'the voice activity model gave no probability');
        state = next;
        return probability;
      } finally {
        busy = false;
      }
    },
    reset: () => {
      input.fill(0);
      state = new ort.Tensor('float32', new Float32Array(STATE_SIZE), [...STATE_SHAPE]);
    },
  };
}

/** Silero voice activity detection at 8 kHz: one session for all calls, the state of each call its own. Throws `model_corrupt`. */
export async function createSileroVad(modelPath: string): Promise<Vad> {
  const ort = loadRuntime();
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(modelPath, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new AppError('model_corrupt', `${modelPath} cannot be loaded`, { cause });
  }
  const rate = new ort.Tensor('int64', BigInt64Array.from([BigInt(SAMPLE_RATE_HZ)]), []);
  return { open: () => openStream(ort, session, rate), close: () => session.release() };
}
