import { expect, test } from 'vitest';
import { createDither } from '../../../src/audio/dither.ts';

const rms = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

test('silence becomes noise some 66 dB below full scale, without an offset', () => {
  const heard = createDither()(new Int16Array(8000));
  expect(20 * Math.log10(rms(heard))).toBeCloseTo(-66.2, 0);
  expect(Math.abs(heard.reduce((sum, value) => sum + value, 0) / heard.length)).toBeLessThan(1e-4);
});

test('a stream is heard the same however it is cut, and every stream has the same noise', () => {
  const pcm = Int16Array.from({ length: 500 }, (_, index) => Math.round(8000 * Math.sin(index / 7)));
  const whole = createDither()(pcm);
  const inPieces = createDither();
  expect([...inPieces(pcm.subarray(0, 160)), ...inPieces(pcm.subarray(160))]).toEqual([...whole]);
});

test('speech stays what it was, but for the noise', () => {
  const pcm = Int16Array.from({ length: 400 }, (_, index) => Math.round(20_000 * Math.sin(index / 5)));
  const heard = createDither()(pcm);
  const worst = Math.max(...heard.map((value, index) => Math.abs(value - (pcm[index] ?? 0) / 32_768)));
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThan(0.002);
});
