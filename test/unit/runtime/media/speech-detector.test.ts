import { describe, expect, test } from 'vitest';
import { createSpeechDetector, type SpeechSign } from '../../../../src/runtime/media/speech-detector.ts';

const loud = Int16Array.from({ length: 256 }, (_, i) => (i % 2 === 0 ? 6000 : -6000));
const quiet = new Int16Array(256);
/** Judges windows: `#` speech, `.` silence, `?` a probability in between, `e` speech that may be echo, `t` probability without a voice. */
function judge(script: string): SpeechSign[] {
  const detector = createSpeechDetector();
  return [...script].flatMap((kind, i) =>
    detector.judge({
      startMs: i * 32,
      pcm: kind === '#' || kind === '?' || kind === 'e' ? loud : quiet,
      probability: { '#': 0.9, e: 0.9, t: 0.8, '?': 0.5, '.': 0.05 }[kind] ?? 0,
      admitted: kind !== 'e',
    }),
  );
}
const types = (script: string): string[] => judge(script).map((sign) => sign.type);

describe('speech detector', () => {
  test('three windows in a row are a beginning, at the start of the first', () => {
    expect(types('..##.##..')).toEqual([]);
    expect(judge('..###')[0]).toEqual({ type: 'started', atMs: 64 });
  });

  test('a probability in between neither begins nor ends speech', () => {
    expect(types('??????')).toEqual([]);
    expect(types('###??????')).not.toContain('ended');
  });

  test('speech has ended after 96 ms of silence, at the end of the last voiced window', () => {
    expect(judge('#####...').at(-1)).toEqual({ type: 'ended', atMs: 160, decidedAtMs: 256 });
    expect(types('#####..#..#')).not.toContain('ended');
  });

  test('the tail of the probability after the voice has stopped is not voice', () => {
    expect(judge('#####tt.').at(-1)).toEqual({ type: 'ended', atMs: 160, decidedAtMs: 256 });
  });

  test('voiced time is told at 200, 350, 500 and 700 ms, and silence does not count', () => {
    const signs = judge(`###..###${'#'.repeat(20)}`);
    const voiced = signs.flatMap((sign) => (sign.type === 'voiced' ? [sign] : []));
    expect(voiced.map((sign) => sign.voicedMs)).toEqual([200, 350, 500, 700]);
    // Seven voiced windows make 224 ms; two of silence lie between.
    expect(voiced[0]?.atMs).toBe(9 * 32);
  });

  test('what may be the agent itself neither begins nor holds speech', () => {
    expect(types('eeeeeeee')).toEqual([]);
    expect(types('###eee')).toEqual(['started', 'ended']);
  });
});
