import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rms } from '../../../../src/audio/level.ts';
import { asCallId, asUtteranceId } from '../../../../src/base/ids.ts';
import { FRAME_SAMPLES } from '../../../../src/base/units.ts';
import type { AudioEvent } from '../../../../src/ports/call-audio.ts';
import type { MediaLeg } from '../../../../src/ports/media-leg.ts';
import { createMediaDesk, type MediaDesk } from '../../../../src/runtime/media/media-desk.ts';
import { createFakeMediaLeg, type FakeMediaLeg } from '../../../support/fake-media-leg.ts';
import { createFakeRecognizer, type FakeRecognizer } from '../../../support/fake-recognizer.ts';
import { createFakeVad } from '../../../support/fake-vad.ts';
import { createFakeVoice, type FakeVoice } from '../../../support/fake-voice.ts';
import { createKeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';

const call = asCallId('c1');
const utterance = asUtteranceId('u1');
const SENTENCE = 'one two three four five six seven eight nine ten';
const silence = new Int16Array(FRAME_SAMPLES);
const tone = (amplitude: number): Int16Array =>
  Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * 400 * i) / 8000)));

describe('the media desk on a leg in memory, paced in software', () => {
  const events: AudioEvent[] = [];
  let clock: ManualClock;
  let recognizer: FakeRecognizer;
  let voice: FakeVoice;
  let fake: FakeMediaLeg;
  let desk: MediaDesk;
  let life: AbortController;
  let legReady: PromiseWithResolvers<void>;
  beforeEach(() => {
    events.length = 0;
    clock = createManualClock();
    recognizer = createFakeRecognizer({ sentence: SENTENCE, wordMs: 200 });
    voice = createFakeVoice();
    life = new AbortController();
    legReady = Promise.withResolvers<void>();
    const parts = {
      clock,
      vad: createFakeVad(),
      recognizer,
      voice,
      logger: createKeptLogger(),
      onEvent: (event: AudioEvent) => void events.push(event),
    };
    desk = createMediaDesk(
      parts,
      async (_address, handlers): Promise<MediaLeg> => {
        await legReady.promise;
        fake = createFakeMediaLeg(handlers);
        return fake.leg;
      },
      { signal: life.signal },
    );
  });
  afterEach(() => {
    desk.closeAll();
    life.abort();
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const open = async (): Promise<void> => {
    desk.open(call, { transport: 'memory', id: 'm' });
    legReady.resolve();
    await settle();
  };
  /** The caller's audio for `ms`, a frame and a tick every 20 ms. */
  const pass = async (ms: number, frame: Int16Array = silence): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      fake.hear(frame);
      clock.advance(20);
      await settle();
    }
  };
  const seen = (type: AudioEvent['type']): AudioEvent[] => events.filter((event) => event.type === type);

  test('speech is told with its beginning, its voiced time, its end and its words, and the recogniser hears 300 ms before it', async () => {
    await open();
    await pass(1000);
    await pass(1000, tone(8000));
    await pass(200);
    expect(seen('caller.speech_started')).toMatchObject([{ overPlayback: false }]);
    const [started] = seen('caller.speech_started');
    const [ended] = seen('caller.speech_ended');
    expect(started !== undefined && 'atMs' in started && Math.abs(started.atMs - 1000)).toBeLessThanOrEqual(32);
    expect(ended !== undefined && 'atMs' in ended && Math.abs(ended.atMs - 2000)).toBeLessThanOrEqual(16);
    expect(ended !== undefined && 'decidedAtMs' in ended && ended.decidedAtMs - ended.atMs).toBeLessThanOrEqual(128);
    expect(seen('caller.voiced')).toHaveLength(4);
    // 300 ms of pre-roll, one second of speech, 200 ms of silence.
    expect(Math.abs(recognizer.fedSamples() / 8 - 1500)).toBeLessThanOrEqual(40);
    desk.finishUtterance(call);
    await settle();
    expect(seen('caller.text_final')).toMatchObject([{ text: 'one two three four five six seven' }]);
    // The first partial comes from the pre-roll and what followed it, in one piece.
    expect(seen('caller.partial_heard')).toHaveLength(6);
  });

  test('what is expected counts from the next utterance on', async () => {
    await open();
    desk.expect(call, 'phone');
    await pass(300, tone(8000));
    desk.expect(call, 'confirm');
    await pass(200);
    expect(recognizer.opened).toEqual(['phone']);
    desk.finishUtterance(call);
    await pass(300, tone(8000));
    expect(recognizer.opened).toEqual(['phone', 'confirm']);
  });

  test('a caller who goes on after the end was asked for is heard as a new utterance at once', async () => {
    await open();
    await pass(700, tone(8000));
    desk.finishUtterance(call);
    await pass(500, tone(8000));
    desk.finishUtterance(call);
    await settle();
    expect(seen('caller.text_final')).toMatchObject([{ text: 'one two three' }, { text: 'one two' }]);
    expect(seen('caller.speech_started')).toHaveLength(1);
  });

  test('what was discarded is forgotten, and speech that goes on begins afresh', async () => {
    await open();
    await pass(600, tone(8000));
    desk.discardUtterance(call);
    await pass(300, tone(8000));
    expect(seen('caller.speech_started')).toHaveLength(2);
    expect(recognizer.opened).toHaveLength(2);
  });

  test("the agent's own echo is nobody; a caller over it is heard", async () => {
    await open();
    desk.play({ call, utterance, clauses: ['a sentence that goes on and on and on, until somebody says something to it'] });
    await pass(600, tone(700));
    expect(seen('agent.speech_started')).toHaveLength(1);
    expect(seen('caller.speech_started')).toEqual([]);
    await pass(300, tone(6000));
    expect(seen('caller.speech_started')).toMatchObject([{ overPlayback: true }]);
  });

  test('a frame every 20 ms, speech or silence, and nothing of the voice after a stop', async () => {
    await open();
    await pass(200);
    desk.play({ call, utterance, clauses: ['a sentence that will be stopped in the middle'] });
    await pass(400);
    expect(Math.abs(fake.played.length - 30)).toBeLessThanOrEqual(1);
    expect(fake.played.slice(-15).every((frame) => rms(frame) > 0)).toBe(true);
    desk.stop(call);
    const before = fake.played.length;
    await pass(400);
    expect(seen('agent.speech_ended')).toMatchObject([{ cause: 'stopped', clausesPlayed: 0 }]);
    expect(Math.abs(fake.played.length - before - 20)).toBeLessThanOrEqual(1);
    expect(fake.played.slice(before).every((frame) => rms(frame) === 0)).toBe(true);
  });

  test('what is to be said before the leg is open is said once it is', async () => {
    desk.open(call, { transport: 'memory', id: 'm' });
    desk.play({ call, utterance, clauses: ['hello'] });
    legReady.resolve();
    await settle();
    await pass(300);
    expect(events.map((event) => event.type)).toEqual(['leg.opened', 'agent.speech_started', 'agent.clause_played', 'agent.speech_ended']);
  });

  test('a leg that cannot be opened is a leg that was lost', async () => {
    desk.open(call, { transport: 'memory', id: 'm' });
    legReady.reject(new Error('refused'));
    await settle();
    expect(events).toMatchObject([{ type: 'leg.lost', call }]);
  });

  test('a call that is opened again has a new leg, and the old one says nothing more', async () => {
    await open();
    const old = fake;
    desk.open(call, { transport: 'memory', id: 'n' });
    await settle();
    expect(old.closed()).toBe(true);
    old.hangUp('late');
    expect(seen('leg.opened')).toHaveLength(2);
    expect(seen('leg.lost')).toEqual([]);
    expect(desk.openCalls()).toBe(1);
  });

  test('clauses are prepared with low priority, without a call and without an event', async () => {
    desk.prepare(['first', '...', 'second']);
    await settle();
    expect(voice.asked).toEqual(['first', '...', 'second'].map((clause) => ({ clause, priority: 'prepare' })));
    expect(events).toEqual([]);
  });
});
