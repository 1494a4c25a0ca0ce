import { expect, test } from 'vitest';
import type { MediaLeg } from '../../../../src/ports/media-leg.ts';
import { watchLegPace } from '../../../../src/runtime/media/leg-pace.ts';

const FRAME = new Int16Array(160);

function watched() {
  let nowMs = 0;
  const late: number[] = [];
  const sent: Int16Array[] = [];
  const bare: MediaLeg = {
    capabilities: { marks: true, flush: true, paces: true },
    send: (pcm) => void sent.push(pcm),
    mark: () => undefined,
    flush: () => undefined,
    close: () => undefined,
  };
  const leg = watchLegPace(
    bare,
    () => nowMs,
    () => late.push(nowMs),
  );
  return { leg, late, sent, at: (ms: number) => (nowMs = ms) };
}

test('audio that comes while the one before is still playing, or just after, is not late', () => {
  const { leg, late, sent, at } = watched();
  for (let ms = 0; ms < 1000; ms += 20) {
    at(ms);
    leg.send(FRAME);
  }
  at(1060);
  leg.send(FRAME);
  expect(sent).toHaveLength(51);
  expect(late).toEqual([]);
});

test('a gap of more than 60 ms is told once', () => {
  const { leg, late, at } = watched();
  leg.send(FRAME);
  at(81);
  leg.send(FRAME);
  at(100);
  leg.send(FRAME);
  expect(late).toEqual([81]);
});

test('what was flushed does not count as playing', () => {
  const { leg, late, at } = watched();
  leg.send(new Int16Array(1600));
  at(10);
  leg.flush();
  at(60);
  leg.send(FRAME);
  expect(late).toEqual([]);
  at(200);
  leg.send(FRAME);
  expect(late).toEqual([200]);
});
