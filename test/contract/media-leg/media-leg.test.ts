import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openWebSocketMediaLeg } from '../../../src/adapters/asterisk/websocket-media-leg.ts';
import { concatPcm } from '../../../src/audio/sample.ts';
import { rms } from '../../../src/audio/level.ts';
import { isAppError } from '../../../src/base/app-error.ts';
import { FRAME_SAMPLES } from '../../../src/base/units.ts';
import type { MediaLeg, MediaLegHandlers } from '../../../src/ports/media-leg.ts';
import { createPacedLeg } from '../../../src/runtime/media/paced-leg.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeMediaLeg } from '../../support/fake-media-leg.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { makeScratchDir, removeDir } from '../process/started-server.ts';
import { type AsteriskLegs, startAsteriskLegs } from './asterisk-legs.ts';

interface Pair {
  readonly leg: MediaLeg;
  readonly far: { send(frame: Int16Array): void; received(): readonly Int16Array[]; hangUp(): Promise<void> };
  close(): void;
}
type OpenPair = (handlers: MediaLegHandlers) => Promise<Pair>;

const tone = (frames: number): Int16Array =>
  Int16Array.from({ length: frames * FRAME_SAMPLES }, (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)));
const loudFrames = (frames: readonly Int16Array[]): number => frames.filter((frame) => rms(frame) > 0.05).length;

let asterisk: AsteriskLegs;
let folder = '';
beforeAll(async () => {
  folder = makeScratchDir();
  asterisk = await startAsteriskLegs(folder);
});
afterAll(async () => {
  await asterisk.stop();
  removeDir(folder);
});

const pacedMemory: OpenPair = async (handlers) => {
  const fake = createFakeMediaLeg(handlers);
  const leg = createPacedLeg(fake.leg, handlers.onMark);
  const timer = setInterval(() => leg.tick(performance.now()), 10);
  return {
    leg,
    far: { send: (frame) => fake.hear(frame), received: () => fake.played, hangUp: async () => fake.hangUp('hung up') },
    close: () => {
      clearInterval(timer);
      leg.close();
    },
  };
};

const overAsterisk: OpenPair = async (handlers) => {
  const [near, far] = [await asterisk.create(), await asterisk.create()];
  const received: Int16Array[] = [];
  const logger = createKeptLogger();
  const signal = AbortSignal.timeout(20_000);
  const leg = await openWebSocketMediaLeg({ url: near.url, handlers, logger, signal });
  const farHandlers: MediaLegHandlers = {
    onFrame: (frame) => void received.push(frame),
    onMark: () => undefined,
    onClosed: () => undefined,
  };
  const farLeg = await openWebSocketMediaLeg({ url: far.url, handlers: farHandlers, logger, signal });
  await asterisk.join([near.channel, far.channel]);
  return {
    leg,
    far: { send: (frame) => farLeg.send(frame), received: () => received, hangUp: () => asterisk.hangUp(near.channel) },
    close: () => {
      leg.close();
      farLeg.close();
    },
  };
};

describe.each([
  ['memory with a software pacer', pacedMemory],
  ['Asterisk over its media WebSocket', overAsterisk],
])('a media leg: %s', (_name, openPair) => {
  let heard: Int16Array[];
  let marks: string[];
  let closed: string[];
  let pair: Pair;
  const open = async (): Promise<void> => {
    // New ones for each leg: that of the test before may still have to tell that it is closed.
    const told = { heard: [] as Int16Array[], marks: [] as string[], closed: [] as string[] };
    ({ heard, marks, closed } = told);
    pair = await openPair({
      onFrame: (frame) => void told.heard.push(frame),
      onMark: (id) => void told.marks.push(id),
      onClosed: (reason) => void told.closed.push(reason),
    });
  };
  afterEach(() => pair.close());

  test('gives the other side every frame, paced by itself, and marks come back in order after what they follow', async () => {
    await open();
    const startMs = performance.now();
    pair.leg.send(tone(25));
    pair.leg.mark('half');
    pair.leg.send(tone(25));
    pair.leg.mark('end');
    await eventually('the first mark', () => marks.length === 1);
    expect(loudFrames(pair.far.received())).toBeLessThanOrEqual(30);
    await eventually('the second mark', () => marks.length === 2);
    expect(marks).toEqual(['half', 'end']);
    expect(performance.now() - startMs).toBeGreaterThan(850);
    await eventually('all frames', () => loudFrames(pair.far.received()) >= 49);
    expect(concatPcm(pair.far.received()).length % FRAME_SAMPLES).toBe(0);
  });

  test('a flush drops what was queued and the marks in it', async () => {
    await open();
    pair.leg.send(tone(5));
    pair.leg.mark('begin');
    pair.leg.send(tone(100));
    pair.leg.mark('never');
    await eventually('the first mark', () => marks.length === 1);
    pair.leg.flush();
    pair.leg.send(new Int16Array(10 * FRAME_SAMPLES));
    pair.leg.mark('after');
    await eventually('the mark after the flush', () => marks.includes('after'));
    expect(marks).toEqual(['begin', 'after']);
    expect(loudFrames(pair.far.received())).toBeLessThan(20);
  });

  test('hears the other side in whole frames of 20 ms', async () => {
    await open();
    const wave = tone(10);
    for (let at = 0; at < wave.length; at += FRAME_SAMPLES) pair.far.send(wave.subarray(at, at + FRAME_SAMPLES));
    await eventually('the frames', () => loudFrames(heard) >= 10);
    expect(heard.every((frame) => frame.length === FRAME_SAMPLES)).toBe(true);
  });

  test('tells once when the other side is gone', async () => {
    await open();
    await pair.far.hangUp();
    await eventually('the end', () => closed.length > 0);
    expect(closed).toHaveLength(1);
  });
});

describe('the media WebSocket of Asterisk', () => {
  const handlers: MediaLegHandlers = { onFrame: () => undefined, onMark: () => undefined, onClosed: () => undefined };
  const open = (url: string): Promise<unknown> =>
    openWebSocketMediaLeg({ url, handlers, logger: createKeptLogger(), signal: AbortSignal.timeout(10_000) }).catch(
      (error: unknown) => error,
    );

  test('another sample rate is refused', async () => {
    const { url } = await asterisk.create('slin16');
    const error = await open(url);
    expect(isAppError(error) && error.code).toBe('sample_rate_wrong');
  });

  test('an address that Asterisk does not know is refused', async () => {
    const { url } = await asterisk.create();
    const error = await open(`${url}x`);
    expect(isAppError(error) && error.code).toBe('media_leg_failed');
  });
});
