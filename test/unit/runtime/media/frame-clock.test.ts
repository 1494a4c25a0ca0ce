import { describe, expect, test } from 'vitest';
import { FRAME_SAMPLES } from '../../../../src/base/units.ts';
import { createFrameClock, type FrameClock } from '../../../../src/runtime/media/frame-clock.ts';

const voice = new Int16Array(FRAME_SAMPLES).fill(1000);

function listen(): { readonly clock: FrameClock; readonly heard: string[]; readonly jumps: number[] } {
  const heard: string[] = [];
  const jumps: number[] = [];
  const clock = createFrameClock({
    onFrame: (pcm, filled) => void heard.push(filled ? '-' : pcm[0] === 1000 ? 'v' : '0'),
    onJump: (ms) => void jumps.push(ms),
  });
  return { clock, heard, jumps };
}
/** Ticks every 20 ms with a frame in each, from `fromMs` on. */
function run(clock: FrameClock, fromMs: number, frames: number, withFrames = true): number {
  let nowMs = fromMs;
  for (let i = 0; i < frames; i += 1) {
    if (withFrames) clock.frame(voice, nowMs);
    clock.tick(nowMs);
    nowMs += 20;
  }
  return nowMs;
}

describe('frame clock', () => {
  test('steady frames pass as they are', () => {
    const { clock, heard } = listen();
    run(clock, 5000, 50);
    expect(heard.join('')).toBe('v'.repeat(50));
    expect(clock.positionMs()).toBe(1000);
  });

  test('jitter of 80 ms is not filled, and nothing is lost', () => {
    const { clock, heard } = listen();
    let nowMs = run(clock, 0, 10);
    nowMs = run(clock, nowMs, 4, false);
    for (let i = 0; i < 4; i += 1) clock.frame(voice, nowMs);
    run(clock, nowMs, 10);
    expect(heard.join('')).toBe('v'.repeat(24));
  });

  test('a caller who sends nothing in silence is heard as silence, in time', () => {
    const { clock, heard } = listen();
    const nowMs = run(clock, 0, 10);
    run(clock, nowMs, 50, false);
    expect(heard.join('')).toMatch(/^v{10}-{44,46}$/);
    expect(clock.positionMs()).toBeGreaterThanOrEqual(1080);
  });

  test('a backlog after a stall is dropped up to the last 300 ms, and time goes on', () => {
    const { clock, heard } = listen();
    run(clock, 0, 10);
    // 800 ms in which this process did nothing, then everything at once.
    const nowMs = 1000;
    clock.tick(nowMs);
    expect(heard.join('')).toBe('v'.repeat(10));
    for (let i = 0; i < 40; i += 1) clock.frame(voice, nowMs);
    expect(heard.slice(10).join('')).toMatch(/^-{23,26}v{14,17}$/);
    expect(clock.dropped()).toBeGreaterThan(20);
    expect(clock.positionMs()).toBe(1000);
  });

  test('a hole of more than a second is jumped over, so that memory of it is given up', () => {
    const { clock, heard, jumps } = listen();
    run(clock, 0, 10);
    clock.tick(10_000);
    clock.tick(10_020);
    expect(jumps).toHaveLength(1);
    expect(heard).toHaveLength(10);
    expect(clock.positionMs()).toBeGreaterThan(9800);
  });
});
