import { describe, expect, test } from 'vitest';
import { FRAME_SAMPLES } from '../../../../src/base/units.ts';
import { createPacedLeg, type PacedLeg } from '../../../../src/runtime/media/paced-leg.ts';
import { createFakeMediaLeg } from '../../../support/fake-media-leg.ts';

const marks: string[] = [];
function open(): { readonly leg: PacedLeg; readonly played: readonly Int16Array[] } {
  marks.length = 0;
  const fake = createFakeMediaLeg({ onFrame: () => undefined, onMark: () => undefined, onClosed: () => undefined });
  return { leg: createPacedLeg(fake.leg, (id) => void marks.push(id)), played: fake.played };
}

describe('a leg paced in software', () => {
  test('one frame of 20 ms goes out every 20 ms, however the ticks fall', () => {
    const { leg, played } = open();
    leg.send(new Int16Array(20 * FRAME_SAMPLES));
    for (const atMs of [0, 3, 19, 21, 43, 44, 61, 79, 80]) leg.tick(atMs);
    expect(played).toHaveLength(5);
  });

  test('a mark comes when the time of the audio before it has passed', () => {
    const { leg } = open();
    leg.send(new Int16Array(2 * FRAME_SAMPLES));
    leg.mark('a');
    leg.tick(0);
    leg.tick(20);
    expect(marks).toEqual([]);
    leg.tick(40);
    expect(marks).toEqual(['a']);
  });

  test('a flush drops frames and marks', () => {
    const { leg, played } = open();
    leg.send(new Int16Array(10 * FRAME_SAMPLES));
    leg.mark('never');
    leg.tick(0);
    leg.flush();
    for (let atMs = 20; atMs < 400; atMs += 20) leg.tick(atMs);
    expect(played).toHaveLength(1);
    expect(marks).toEqual([]);
  });

  test('after a stall at most three frames are caught up at once', () => {
    const { leg, played } = open();
    leg.send(new Int16Array(50 * FRAME_SAMPLES));
    leg.tick(0);
    leg.tick(500);
    expect(played.length).toBeLessThanOrEqual(4);
    leg.tick(520);
    expect(played.length).toBeLessThanOrEqual(5);
  });
});
