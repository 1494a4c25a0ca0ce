import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWebSocketMediaLeg } from '../../../src/adapters/asterisk/websocket-media-leg.ts';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createCallAudioClient } from '../../../src/adapters/media/call-audio-client.ts';
import { asCallId, asUtteranceId, type CallId } from '../../../src/base/ids.ts';
import { FRAME_SAMPLES } from '../../../src/base/units.ts';
import { rms } from '../../../src/audio/level.ts';
import type { AudioEvent, CallAudio } from '../../../src/ports/call-audio.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeCallAudio } from '../../support/fake-call-audio.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { espeak, type SpeechProcess, startSpeechProcess, writeSpeechConfig } from '../../support/speech-processes.ts';
import { type AsteriskLegs, startAsteriskLegs } from '../media-leg/asterisk-legs.ts';
import { makeScratchDir, removeDir } from '../process/started-server.ts';

/** One way to have calls whose caller the test can play. */
interface World {
  readonly audio: CallAudio;
  /** Opens the leg of a call and joins the caller's side to it. */
  dial(call: CallId): Promise<void>;
  callerSays(call: CallId, text: string): Promise<void>;
  hangUp(call: CallId): Promise<void>;
  loudFrames(call: CallId): number;
  stop(): Promise<void>;
}

const SENTENCE = 'I would like to book an appointment';

function ofType<Type extends AudioEvent['type']>(
  events: readonly AudioEvent[],
  type: Type,
): Extract<AudioEvent, { readonly type: Type }>[] {
  return events.filter((event): event is Extract<AudioEvent, { readonly type: Type }> => event.type === type);
}

async function fakeWorld(): Promise<World> {
  const audio = createFakeCallAudio(createSystemClock(), () => 300);
  return {
    audio,
    dial: async (call) => audio.open(call, { transport: 'memory', id: 'x' }),
    callerSays: (call, text) => audio.callerSays(call, text.toLowerCase(), 800),
    hangUp: async (call) => audio.legLost(call),
    loudFrames: () => Number.NaN,
    stop: async () => undefined,
  };
}

let folder = '';
let asterisk: AsteriskLegs;
let processes: Record<'recogniser' | 'voice' | 'media', SpeechProcess>;
let configFile = '';
beforeAll(async () => {
  folder = makeScratchDir();
  configFile = writeSpeechConfig(folder);
  const [recogniser, voice, media, legs] = await Promise.all([
    startSpeechProcess('recogniser', configFile),
    startSpeechProcess('voice', configFile),
    startSpeechProcess('media', configFile),
    startAsteriskLegs(folder),
  ]);
  processes = { recogniser, voice, media };
  asterisk = legs;
}, 60_000);
afterAll(async () => {
  await Promise.all([...Object.values(processes).map((one) => one.stop()), asterisk.stop()]);
  removeDir(folder);
});

async function realWorld(): Promise<World> {
  const log = createKeptLogger();
  const audio = createCallAudioClient({ path: `${folder}/var/run/media.sock`, log });
  const callers = new Map<
    CallId,
    { readonly channel: string; readonly send: (frame: Int16Array) => void; readonly close: () => void; loud: number; queue: Int16Array[] }
  >();
  const silence = new Int16Array(FRAME_SAMPLES);
  // The caller's telephone: a frame every 20 ms by an absolute clock, speech when there is some.
  let nextMs = performance.now();
  const phone = setInterval(() => {
    for (; nextMs <= performance.now(); nextMs += 20) for (const caller of callers.values()) caller.send(caller.queue.shift() ?? silence);
  }, 5);
  return {
    audio,
    dial: async (call) => {
      const [near, far] = [await asterisk.create(), await asterisk.create()];
      audio.open(call, { transport: 'asterisk_websocket', url: near.url });
      const onFrame = (frame: Int16Array): void => {
        const caller = callers.get(call);
        if (caller !== undefined && rms(frame) > 0.02) caller.loud += 1;
      };
      const leg = await openWebSocketMediaLeg({
        url: far.url,
        handlers: { onFrame, onMark: () => undefined, onClosed: () => undefined },
        logger: log,
        signal: AbortSignal.timeout(10_000),
      });
      callers.set(call, { channel: near.channel, send: (frame) => leg.send(frame), close: () => leg.close(), loud: 0, queue: [] });
      await asterisk.join([near.channel, far.channel]);
    },
    callerSays: async (call, text) => {
      const pcm = espeak(text);
      const caller = callers.get(call);
      for (let at = 0; at + FRAME_SAMPLES <= pcm.length; at += FRAME_SAMPLES) caller?.queue.push(pcm.subarray(at, at + FRAME_SAMPLES));
      await eventually('the end of what the caller says', () => caller?.queue.length === 0);
    },
    hangUp: (call) => asterisk.hangUp(callers.get(call)?.channel ?? ''),
    loudFrames: (call) => callers.get(call)?.loud ?? 0,
    stop: async () => {
      clearInterval(phone);
      for (const caller of callers.values()) caller.close();
    },
  };
}

/** What the test under way hears of its call. */
const events: AudioEvent[] = [];
let world: World;

/** Gives every test of a group a world of its own, in which the call is up. */
function eachInCall(makeWorld: () => Promise<World>, call: CallId): void {
  let life: AbortController;
  beforeEach(async () => {
    events.length = 0;
    life = new AbortController();
    world = await makeWorld();
    await world.audio.start({ signal: life.signal, onEvent: (event) => void events.push(event) });
    await world.dial(call);
    await eventually('the open leg', () => ofType(events, 'leg.opened').length === 1);
  });
  afterEach(async () => {
    world.audio.close(call);
    await world.stop();
    life.abort();
  });
}

describe.each([
  ['in memory', fakeWorld],
  ['the media process over Asterisk', realWorld],
])('the audio of a call: %s', (_name, makeWorld) => {
  const call = asCallId('call-1');
  const utterance = asUtteranceId('u-1');
  eachInCall(makeWorld, call);
  const ended = (): Promise<Extract<AudioEvent, { readonly type: 'agent.speech_ended' }>> =>
    eventually('the end of speech', () => ofType(events, 'agent.speech_ended')[0]);

  test('plays clauses in order and tells of each when it was played', async () => {
    world.audio.play({ call, utterance, clauses: ['Good morning.', 'How can I help you?'] });
    expect(await ended()).toMatchObject({ utterance, cause: 'played', clausesPlayed: 2 });
    const agent = events.filter((event) => event.type.startsWith('agent.'));
    expect(agent.map((event) => event.type)).toEqual([
      'agent.speech_started',
      'agent.clause_played',
      'agent.clause_played',
      'agent.speech_ended',
    ]);
    expect(ofType(events, 'agent.clause_played').map((event) => event.clause)).toEqual([0, 1]);
    expect(world.loudFrames(call)).not.toBeLessThan(40);
  });

  test('stops at once, and tells what was heard', async () => {
    world.audio.play({
      call,
      utterance,
      clauses: ['This is a rather long sentence that nobody wants to hear to its end.', 'And another one.'],
    });
    await eventually('the first word', () => ofType(events, 'agent.speech_started')[0]);
    world.audio.stop(call);
    expect(await ended()).toMatchObject({ cause: 'stopped', clausesPlayed: 0 });
    expect(ofType(events, 'agent.clause_played')).toEqual([]);
  });

  test('what is queued when it is stopped ends as stopped too', async () => {
    world.audio.play({ call, utterance, clauses: ['The first of two utterances.'] });
    world.audio.play({ call, utterance: asUtteranceId('u-2'), clauses: ['The second one.'] });
    await eventually('the first word', () => ofType(events, 'agent.speech_started')[0]);
    world.audio.stop(call);
    await eventually('both ends', () => ofType(events, 'agent.speech_ended').length === 2);
    expect(ofType(events, 'agent.speech_ended').map((event) => event.cause)).toEqual(['stopped', 'stopped']);
  });

  test('tells when the caller speaks and what they said', async () => {
    world.audio.expect(call, 'general');
    await world.callerSays(call, SENTENCE);
    // A voice may pause inside the sentence: the end is the one that comes after all of it was said.
    const end = await eventually('the end of the caller', () => {
      const last = ofType(events, 'caller.speech_ended').at(-1);
      return (
        last !== undefined &&
        ofType(events, 'caller.speech_started').every((event) => event.atMs < last.atMs) &&
        ofType(events, 'caller.voiced').some((event) => event.voicedMs === 500) &&
        last
      );
    });
    world.audio.finishUtterance(call);
    const final = await eventually('the final text', () => ofType(events, 'caller.text_final')[0]);
    expect(final.text).toContain('appointment');
    expect(ofType(events, 'caller.partial_heard').length).toBeGreaterThan(2);
    const [started] = ofType(events, 'caller.speech_started');
    expect(started?.overPlayback).toBe(false);
    expect(end.atMs - (started?.atMs ?? 0)).toBeGreaterThan(600);
    expect(end.decidedAtMs - end.atMs).toBeLessThan(250);
    expect(ofType(events, 'caller.voiced').map((event) => event.voicedMs)).toEqual(expect.arrayContaining([200, 350, 500]));
  });

  test('an utterance that never began has an empty text', async () => {
    world.audio.finishUtterance(call);
    expect((await eventually('the final text', () => ofType(events, 'caller.text_final')[0])).text).toBe('');
  });

  test('another utterance can be heard after the first was finished, and one that was discarded is not', async () => {
    await world.callerSays(call, 'noise');
    await eventually('the end of the caller', () => ofType(events, 'caller.speech_ended').at(-1));
    world.audio.discardUtterance(call);
    await world.callerSays(call, 'goodbye');
    await eventually('the end of the caller again', () => ofType(events, 'caller.speech_ended').length >= 2);
    world.audio.finishUtterance(call);
    const final = await eventually('the final text', () => ofType(events, 'caller.text_final')[0]);
    expect(final.text).toMatch(/bye/);
    expect(final.text).not.toMatch(/noise/);
  });

  test('tells when the leg is lost, and that what was playing failed', async () => {
    world.audio.play({ call, utterance, clauses: ['This sentence will not be heard to its end by anybody.'] });
    await eventually('the first word', () => ofType(events, 'agent.speech_started')[0]);
    await world.hangUp(call);
    await eventually('the loss', () => ofType(events, 'leg.lost')[0]);
    expect(await ended()).toMatchObject({ cause: 'failed', clausesPlayed: 0 });
  });
});

describe('when a process behind the audio dies', () => {
  const call = asCallId('call-2');
  const utterance = asUtteranceId('u-9');
  eachInCall(realWorld, call);

  test('the recogniser: the utterance in progress is fed again to the next one, and nothing of it is lost', async () => {
    const said = world.callerSays(call, `${SENTENCE} for next Tuesday`);
    await eventually('the first words', () => ofType(events, 'caller.partial_heard').length > 2);
    await processes.recogniser.kill();
    processes.recogniser = await startSpeechProcess('recogniser', configFile);
    await said;
    await eventually('the end of the caller', () => ofType(events, 'caller.speech_ended').at(-1));
    world.audio.finishUtterance(call);
    const final = await eventually('the final text', () => ofType(events, 'caller.text_final')[0]);
    expect(final.text).toMatch(/^i .*appointment.*tuesday$/);
  });

  test('the voice: what was rendered still plays, what was not fails within its bound', async () => {
    const play = async (id: string, clause: string): Promise<AudioEvent> => {
      world.audio.play({ call, utterance: asUtteranceId(id), clauses: [clause] });
      return eventually(`the end of ${id}`, () =>
        ofType(events, 'agent.speech_ended').find((event) => event.utterance === asUtteranceId(id)),
      );
    };
    await play('before', 'We are open today.');
    await processes.voice.kill();
    expect(await play('known', 'We are open today.')).toMatchObject({ cause: 'played', clausesPlayed: 1 });
    expect(await play('unknown', 'Nobody has said this yet.')).toMatchObject({ cause: 'failed', clausesPlayed: 0 });
    processes.voice = await startSpeechProcess('voice', configFile);
    expect(await play('after', 'Now it can be said.')).toMatchObject({ cause: 'played', clausesPlayed: 1 });
  });

  test('the media process: the daemon hears of it, opens a new leg, and the call goes on', async () => {
    await processes.media.kill();
    processes.media = await startSpeechProcess('media', configFile);
    await eventually('the news', () => ofType(events, 'audio.restarted').length === 1);
    await world.dial(call);
    await eventually('the new leg', () => ofType(events, 'leg.opened').length === 2);
    world.audio.play({ call, utterance, clauses: ['Where were we?'] });
    const end = await eventually('the end of speech', () =>
      ofType(events, 'agent.speech_ended').find((event) => event.utterance === utterance),
    );
    expect(end).toMatchObject({ cause: 'played', clausesPlayed: 1 });
  });
});
