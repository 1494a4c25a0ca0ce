import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockCutter, padToFrames } from '../../../src/audio/framing.ts';
import { decodeMulaw, encodeMulaw } from '../../../src/audio/g711.ts';
import { createPcmHistory } from '../../../src/audio/history.ts';
import { applyGain, levelDbfs } from '../../../src/audio/level.ts';
import { finishClause, SPEECH_LEVEL_DBFS } from '../../../src/audio/loudness.ts';
import { resample } from '../../../src/audio/resample.ts';
import { concatPcm, fromLittleEndian, toFloat32, toInt16, toLittleEndian } from '../../../src/audio/sample.ts';
import { decodeWav, encodeWav } from '../../../src/audio/wav.ts';

const samples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 700 }).map((values) => Int16Array.from(values));
const sine = (hz: number, rate: number, seconds: number, amplitude = 10_000): Int16Array =>
  Int16Array.from({ length: rate * seconds }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rate)));

describe('samples', () => {
  test('integers, floats and bytes say the same', () => {
    fc.assert(
      fc.property(samples, (pcm) => {
        expect(toInt16(toFloat32(pcm))).toEqual(pcm);
        expect(fromLittleEndian(toLittleEndian(pcm))).toEqual(pcm);
        expect(decodeWav(encodeWav({ sampleRateHz: 8000, pcm }))).toEqual({ sampleRateHz: 8000, pcm });
      }),
    );
  });

  test('what is out of range is clipped, and what is no number is silence', () => {
    expect([...toInt16(Float32Array.from([2, -2, Number.NaN]))]).toEqual([32_767, -32_768, 0]);
  });

  test('a WAV file of another kind is refused', () => {
    const stereo = encodeWav({ sampleRateHz: 8000, pcm: new Int16Array(10) });
    stereo.writeUInt16LE(2, 22);
    expect(() => decodeWav(stereo)).toThrow(expect.objectContaining({ code: 'sample_rate_wrong' }) as Error);
    expect(() => decodeWav(Buffer.from('hello'))).toThrow(expect.objectContaining({ code: 'sample_rate_wrong' }) as Error);
  });
});

describe('G.711 µ-law', () => {
  test('known values of ITU-T G.711', () => {
    expect([...encodeMulaw(Int16Array.from([0, 32_635, -32_635]))]).toEqual([0xff, 0x80, 0x00]);
    expect([...decodeMulaw(Uint8Array.from([0xff, 0x80, 0x00]))]).toEqual([0, 32_124, -32_124]);
  });

  test('every byte comes back as itself, but for the two zeros', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i).filter((byte) => byte !== 0x7f);
    expect(encodeMulaw(decodeMulaw(bytes))).toEqual(bytes);
  });
});

describe('framing', () => {
  test('audio is padded to whole frames and nothing else', () => {
    fc.assert(
      fc.property(samples, (pcm) => {
        const padded = padToFrames(pcm);
        expect(padded.length % 160).toBe(0);
        expect(padded.length - pcm.length).toBeLessThan(160);
        expect(padded.subarray(0, pcm.length)).toEqual(pcm);
      }),
    );
  });

  test('blocks are the stream cut, whatever the pieces were', () => {
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 8 }), (pieces) => {
        const blocks: Int16Array[] = [];
        const cutter = createBlockCutter(256, (block) => void blocks.push(block));
        for (const piece of pieces) cutter.push(piece);
        const whole = concatPcm(pieces);
        expect(blocks).toHaveLength(Math.floor(whole.length / 256));
        expect(concatPcm(blocks)).toEqual(whole.subarray(0, blocks.length * 256));
      }),
    );
  });

  test('history gives back what was said since, as far as it is kept', () => {
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 6 }), fc.nat(2000), (pieces, since) => {
        const history = createPcmHistory(500);
        for (const piece of pieces) history.push(piece);
        const whole = concatPcm(pieces);
        expect(history.position()).toBe(whole.length);
        expect(history.since(since)).toEqual(whole.subarray(Math.min(whole.length, Math.max(since, whole.length - 500))));
      }),
    );
  });
});

describe('level and loudness', () => {
  test('gain moves without a step and never wraps around', () => {
    const loud = new Int16Array(160).fill(30_000);
    const out = applyGain(loud, 1, 4);
    expect(Math.min(...out)).toBeGreaterThan(29_000);
    expect(Math.max(...out)).toBe(32_767);
  });

  test('a clause loses its leading silence, keeps a breath at the end, and has the fixed level', () => {
    for (const amplitude of [300, 3000, 25_000]) {
      const clause = concatPcm([new Int16Array(4000), sine(300, 8000, 1, amplitude), new Int16Array(8000)]);
      const finished = finishClause(clause);
      expect(levelDbfs(finished.subarray(0, 400))).toBeGreaterThan(-40);
      expect(finished.length).toBeLessThan(8000 + 1500);
      expect(Math.abs(levelDbfs(finished.subarray(400, 8000)) - SPEECH_LEVEL_DBFS)).toBeLessThan(1);
    }
  });

  test('silence has nothing to be heard', () => {
    expect(finishClause(new Int16Array(8000))).toHaveLength(0);
  });
});

describe('resampling', () => {
  test('a tone keeps its pitch and level, and what the lower rate cannot carry is gone', () => {
    const kept = toInt16(resample(toFloat32(sine(1000, 22_050, 1)), 22_050, 8000));
    expect(kept.length).toBe(8000);
    const reference = sine(1000, 8000, 1);
    const error = Int16Array.from(kept, (value, i) => value - (reference[i] ?? 0)).subarray(200, 7800);
    expect(levelDbfs(error)).toBeLessThan(levelDbfs(reference) - 30);
    const gone = toInt16(resample(toFloat32(sine(6000, 22_050, 1)), 22_050, 8000));
    expect(levelDbfs(gone.subarray(200, 7800))).toBeLessThan(-55);
  });
});
