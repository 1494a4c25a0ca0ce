import { beforeEach, describe, expect, test } from 'vitest';
import { asUtteranceId } from '../../../../src/base/ids.ts';
import { FRAME_SAMPLES } from '../../../../src/base/units.ts';
import { rms } from '../../../../src/audio/level.ts';
import type { MediaLeg } from '../../../../src/ports/media-leg.ts';
import { createPlayout, type Playout, type PlayoutEvent } from '../../../../src/runtime/media/playout.ts';
import { createFakeVoice, type FakeVoice } from '../../../support/fake-voice.ts';

/** A leg that keeps what it is told; the test plays Asterisk. */
interface KeptLeg extends MediaLeg {
  readonly sent: ({ readonly pcm: Int16Array } | { readonly mark: string } | 'flush')[];
}
function createKeptLeg(): KeptLeg {
  const sent: KeptLeg['sent'] = [];
  return {
    sent,
    capabilities: { marks: true, flush: true, paces: true },
    send: (pcm) => void sent.push({ pcm: pcm.slice() }),
    mark: (id) => void sent.push({ mark: id }),
    flush: () => void sent.push('flush'),
    close: () => undefined,
  };
}

const u1 = asUtteranceId('u1');
const u2 = asUtteranceId('u2');
/** Twenty milliseconds per character in the fake voice. */
const CLAUSE = 'x'.repeat(50);

describe('playout', () => {
  let leg: KeptLeg;
  let voice: FakeVoice;
  let playout: Playout;
  let nowMs: number;
  const events: PlayoutEvent[] = [];
  beforeEach(() => {
    leg = createKeptLeg();
    voice = createFakeVoice();
    nowMs = 1000;
    events.length = 0;
    playout = createPlayout({ leg, voice, nowMs: () => nowMs, onEvent: (event) => void events.push(event) });
  });
  const rendered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const marks = (): string[] => leg.sent.flatMap((item) => (item !== 'flush' && 'mark' in item ? [item.mark] : []));
  const frames = (): Int16Array[] => leg.sent.flatMap((item) => (item !== 'flush' && 'pcm' in item ? [item.pcm] : []));
  const sentFrames = (): number => frames().reduce((sum, pcm) => sum + pcm.length / FRAME_SAMPLES, 0);
  const speechFrames = (): number =>
    frames()
      .filter((pcm) => rms(pcm) > 0)
      .reduce((sum, pcm) => sum + pcm.length / FRAME_SAMPLES, 0);
  /** Lets time pass as the process does it: a tick every 20 ms. */
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 20) {
      nowMs += 20;
      playout.tick();
    }
  };

  test('a clause that is ready leaves without waiting for a tick, its first frame with a mark of its own', async () => {
    playout.play(u1, [CLAUSE]);
    await rendered();
    const [first, second] = leg.sent;
    expect(first).toMatchObject({ pcm: { length: FRAME_SAMPLES } });
    expect(second).toEqual({ mark: 'm1' });
    expect(events).toEqual([]);
    playout.mark('m1');
    expect(events).toEqual([{ type: 'agent.speech_started', utterance: u1 }]);
  });

  test('never more than 200 ms of speech are ahead of the clock', async () => {
    playout.play(u1, [CLAUSE, CLAUSE]);
    await rendered();
    expect(speechFrames()).toBe(10);
    for (let step = 1; step <= 20; step += 1) {
      pass(20);
      expect(speechFrames()).toBe(10 + step);
    }
  });

  test('marks come at least every 200 ms and at the end of each clause', async () => {
    playout.play(u1, [CLAUSE, CLAUSE]);
    await rendered();
    pass(2200);
    let since = 0;
    for (const item of leg.sent) {
      if (item === 'flush') continue;
      if ('mark' in item) since = 0;
      else if (rms(item.pcm) > 0) since += item.pcm.length / FRAME_SAMPLES;
      expect(since).toBeLessThanOrEqual(10);
    }
    for (const mark of marks()) playout.mark(mark);
    expect(events.map((event) => event.type)).toEqual([
      'agent.speech_started',
      'agent.clause_played',
      'agent.clause_played',
      'agent.speech_ended',
    ]);
    expect(events.at(-1)).toEqual({ type: 'agent.speech_ended', utterance: u1, cause: 'played', clausesPlayed: 2, playedMs: 0 });
  });

  test('stop flushes at once, tells how much was heard, and forgets the marks that were out', async () => {
    playout.play(u1, [CLAUSE, CLAUSE]);
    playout.play(u2, [CLAUSE]);
    await rendered();
    pass(400);
    const [begin, second] = marks();
    playout.mark(begin ?? '');
    playout.mark(second ?? '');
    nowMs += 60;
    playout.stop();
    expect(leg.sent.filter((item) => item === 'flush')).toHaveLength(1);
    expect(events.slice(1)).toEqual([
      { type: 'agent.speech_ended', utterance: u1, cause: 'stopped', clausesPlayed: 0, playedMs: expect.any(Number) as number },
      { type: 'agent.speech_ended', utterance: u2, cause: 'stopped', clausesPlayed: 0, playedMs: 0 },
    ]);
    expect(events[1]).toMatchObject({ playedMs: 280 });
    for (const mark of marks()) playout.mark(mark);
    expect(events).toHaveLength(3);
    const before = speechFrames();
    pass(500);
    expect(speechFrames()).toBe(before);
  });

  test('silence trickles while nothing is said, at most 60 ms ahead, and is taken back before speech', async () => {
    pass(200);
    expect(sentFrames()).toBeGreaterThanOrEqual(10);
    expect(sentFrames()).toBeLessThanOrEqual(13);
    playout.play(u1, [CLAUSE]);
    await rendered();
    const flushAt = leg.sent.indexOf('flush');
    expect(flushAt).toBeGreaterThan(0);
    expect(leg.sent.slice(0, flushAt).every((item) => item !== 'flush' && 'pcm' in item && rms(item.pcm) === 0)).toBe(true);
    expect(speechFrames()).toBe(10);
  });

  test('a pause between clauses does not flush the mark of the one before', async () => {
    playout.play(u1, [CLAUSE]);
    await rendered();
    pass(1000);
    playout.play(u2, [CLAUSE]);
    await rendered();
    pass(100);
    expect(leg.sent).not.toContain('flush');
  });

  test('ducking lowers what has not been sent yet, without a step', async () => {
    playout.play(u1, [CLAUSE]);
    await rendered();
    playout.duck(-12);
    const sent = leg.sent.length;
    pass(100);
    const [ramp, lower] = leg.sent.slice(sent).flatMap((item) => (item !== 'flush' && 'pcm' in item ? [rms(item.pcm)] : []));
    const full = rms(frames()[1] ?? new Int16Array(1));
    expect(lower ?? 1).toBeCloseTo(full / 4, 2);
    expect(ramp ?? 0).toBeGreaterThan((lower ?? 1) * 1.5);
  });

  test('a clause that is not rendered within two seconds of being due fails the utterance, and the next is spoken', async () => {
    voice.hold();
    playout.play(u1, [CLAUSE]);
    pass(1980);
    expect(events).toEqual([]);
    pass(40);
    expect(events).toEqual([{ type: 'agent.speech_ended', utterance: u1, cause: 'failed', clausesPlayed: 0, playedMs: 0 }]);
    voice.release();
    playout.play(u2, [CLAUSE]);
    await rendered();
    expect(speechFrames()).toBe(10);
  });

  test('a clause that cannot be spoken fails after those before it were heard', async () => {
    playout.play(u1, [CLAUSE, '...']);
    await rendered();
    pass(1200);
    for (const mark of marks()) playout.mark(mark);
    expect(events.at(-1)).toEqual({ type: 'agent.speech_ended', utterance: u1, cause: 'failed', clausesPlayed: 1, playedMs: 0 });
  });

  test('marks that never come back end what was playing as failed', async () => {
    playout.play(u1, ['hello']);
    await rendered();
    pass(4000);
    expect(events).toEqual([{ type: 'agent.speech_ended', utterance: u1, cause: 'failed', clausesPlayed: 0, playedMs: 0 }]);
  });

  test('the level that the caller hears is known while it is heard and for 300 ms after', async () => {
    expect(playout.outbound()).toBe(0);
    playout.play(u1, ['hello']);
    await rendered();
    expect(playout.outbound()).toBeGreaterThan(0.1);
    pass(380);
    expect(playout.outbound()).toBeGreaterThan(0.1);
    pass(60);
    expect(playout.outbound()).toBe(0);
  });
});
