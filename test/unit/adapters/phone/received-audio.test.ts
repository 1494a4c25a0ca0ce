import { describe, expect, it } from 'vitest';
import { addNoise, isLost, seededRandom } from '../../../../src/adapters/phone/line.ts';
import { createReceivedAudio } from '../../../../src/adapters/phone/received-audio.ts';
import { levelDbfs } from '../../../../src/audio/level.ts';

const silent = new Int16Array(160);
const loudFrom = (first: number): Int16Array => Int16Array.from({ length: 160 }, (_, i) => (i < first ? 0 : 5000));

function receive(
  packets: readonly { readonly atMs: number; readonly pcm: Int16Array; readonly sequence?: number; readonly timestamp?: number }[],
) {
  const received = createReceivedAudio();
  packets.forEach(({ atMs, pcm, sequence, timestamp }, index) =>
    received.push({ arrivedAtMs: atMs, sequence: sequence ?? index, timestamp: timestamp ?? index * 160, pcm }),
  );
  return received;
}

describe('what a caller heard', () => {
  it('begins at the first sample above −50 dBFS, counted within its packet', () => {
    const received = receive([
      { atMs: 100, pcm: silent },
      { atMs: 120, pcm: loudFrom(80) },
      { atMs: 140, pcm: loudFrom(0) },
    ]);
    expect(received.firstAudibleAt(0)).toBe(130);
    expect(received.firstAudibleAt(135)).toBe(135);
    expect(received.lastAudibleAt()).toBeCloseTo(159.875);
    expect(received.lastAudibleAt(110)).toBeNull();
  });

  it('has a gap where a packet comes more than 60 ms after the one before it, though the sender went on', () => {
    const received = receive([
      { atMs: 0, pcm: silent },
      { atMs: 20, pcm: silent },
      { atMs: 120, pcm: silent },
    ]);
    expect(received.gaps()).toEqual([{ atMs: 40, gapMs: 100 }]);
  });

  it('has no gap where the sender paused and its clock went on', () => {
    const received = receive([
      { atMs: 0, pcm: silent, timestamp: 0 },
      { atMs: 500, pcm: silent, timestamp: 4000 },
    ]);
    expect(received.gaps()).toEqual([]);
  });

  it('is laid on a time line with silence where nothing came', () => {
    const received = receive([
      { atMs: 20, pcm: loudFrom(0) },
      { atMs: 41, pcm: loudFrom(0) },
      { atMs: 200, pcm: loudFrom(0) },
    ]);
    const line = received.timeline(0, 300);
    expect(line).toHaveLength(2400);
    expect([line[159], line[160], line[479], line[480], line[1599], line[1600]]).toEqual([0, 5000, 5000, 0, 0, 5000]);
  });
});

describe('the line', () => {
  it('adds noise of the level asked for, the same for the same seed', () => {
    const noisy = addNoise(new Int16Array(8000), -40, seededRandom(7));
    expect(levelDbfs(noisy)).toBeCloseTo(-40, 0);
    expect([...addNoise(new Int16Array(8000), -40, seededRandom(7))]).toEqual([...noisy]);
  });

  it('loses the share of packets asked for', () => {
    const random = seededRandom(3);
    const line = { codec: 'alaw', noiseDbfs: null, lossPct: 10, delayMs: 0 } as const;
    const lost = Array.from({ length: 10_000 }, () => isLost(line, random)).filter(Boolean).length;
    expect(lost).toBeGreaterThan(900);
    expect(lost).toBeLessThan(1100);
  });
});
