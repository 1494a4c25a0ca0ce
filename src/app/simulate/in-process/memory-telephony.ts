import type { CallId } from '../../../base/ids.ts';
import type { Scope } from '../../../base/scope.ts';
import { plainText } from '../../../domain/scenario/matching.ts';
import type { AudioEvent, CallAudio, PlayRequest } from '../../../ports/call-audio.ts';
import { asChannelId, type Switch, type SwitchEvent } from '../../../ports/switch.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How long a text takes to say, by its length: about 160 words a minute. */
export const speechMs = (text: string): number => 300 + text.length * 55;
/** The detector tells of the end of speech this much later, and of speech at these lengths (port CallAudio), in milliseconds. */
const DETECTION_MS = 100;
const VOICED_MS = [200, 350, 500, 700];
const PERSON_RINGS_MS = 1000;

/** Switch and media of one process: calls are objects, sound is text. */
export interface MemoryTelephony {
  readonly phone: Switch;
  readonly audio: CallAudio;
  arrive(call: { readonly channel: string; readonly did: string; readonly number: string | null }): void;
  hangUp(channel: string): void;
  press(channel: string, digit: string): void;
  /** Says a text in a call; resolves when the last word is out. */
  say(call: CallId, text: string): Promise<{ readonly startedAtMs: number; readonly endedAtMs: number }>;
  /** Moment of the latest sound of the agent in a call; null before the first. */
  lastSoundAtMs(call: CallId): number | null;
  /** Channels that the product has hung up, and those a person took. */
  readonly ended: ReadonlySet<string>;
  readonly handedOver: ReadonlySet<string>;
}

interface Line {
  readonly queue: PlayRequest[];
  playing: { readonly request: PlayRequest; readonly scope: Scope; clausesPlayed: number; readonly startedAtMs: number } | null;
  lastSoundAtMs: number | null;
  /** Said since the last turn was taken. */
  heard: string;
}

interface Desk {
  readonly clock: VirtualClock;
  readonly scope: Scope;
  readonly lines: Map<CallId, Line>;
  emit: (event: AudioEvent) => void;
}

function lineOf(desk: Desk, call: CallId): Line {
  const known = desk.lines.get(call);
  if (known !== undefined) return known;
  const line: Line = { queue: [], playing: null, lastSoundAtMs: null, heard: '' };
  desk.lines.set(call, line);
  return line;
}

function ended(desk: Desk, line: Line, cause: 'played' | 'stopped'): void {
  const { playing } = line;
  if (playing === null) return;
  const atMs = desk.clock.monotonicMs();
  line.playing = null;
  line.lastSoundAtMs = atMs;
  const { call, utterance } = playing.request;
  desk.emit({
    type: 'agent.speech_ended',
    call,
    atMs,
    utterance,
    cause,
    clausesPlayed: playing.clausesPlayed,
    playedMs: atMs - playing.startedAtMs,
  });
}

async function playNext(desk: Desk, line: Line): Promise<void> {
  const request = line.queue.shift();
  if (request === undefined || line.playing !== null) return;
  const { call } = request;
  const scope = desk.scope.child(`play ${request.utterance}`);
  const playing = { request, scope, clausesPlayed: 0, startedAtMs: desk.clock.monotonicMs() };
  line.playing = playing;
  desk.emit({ type: 'agent.speech_started', call, atMs: playing.startedAtMs, utterance: request.utterance });
  for (const [clause, text] of request.clauses.entries()) {
    await desk.clock.sleep(speechMs(text), { signal: scope.signal });
    playing.clausesPlayed += 1;
    desk.emit({ type: 'agent.clause_played', call, atMs: desk.clock.monotonicMs(), utterance: request.utterance, clause });
  }
  scope.dispose();
  ended(desk, line, 'played');
  await playNext(desk, line);
}

function createAudio(desk: Desk): CallAudio {
  const atMs = (): number => desk.clock.monotonicMs();
  return {
    start: ({ onEvent }) => {
      desk.emit = onEvent;
      return Promise.resolve();
    },
    open: (call) => queueMicrotask(() => desk.emit({ type: 'leg.opened', call, atMs: atMs() })),
    expect: () => undefined,
    prepare: () => undefined,
    play: (request) => {
      const line = lineOf(desk, request.call);
      line.queue.push(request);
      if (line.playing === null) playNext(desk, line).catch(() => undefined);
    },
    stop: (call) => {
      const line = lineOf(desk, call);
      line.queue.length = 0;
      line.playing?.scope.dispose();
      ended(desk, line, 'stopped');
    },
    duck: () => undefined,
    finishUtterance: (call) => {
      const line = lineOf(desk, call);
      const text = line.heard;
      line.heard = '';
      queueMicrotask(() => desk.emit({ type: 'caller.text_final', call, atMs: atMs(), text }));
    },
    discardUtterance: (call) => {
      lineOf(desk, call).heard = '';
    },
    close: (call) => {
      lineOf(desk, call).playing?.scope.dispose();
      desk.lines.delete(call);
    },
  };
}

/** The events that a recogniser and a voice detector give for a spoken sentence. */
async function speak(desk: Desk, call: CallId, text: string): Promise<{ readonly startedAtMs: number; readonly endedAtMs: number }> {
  const { clock, scope } = desk;
  const line = lineOf(desk, call);
  const words = plainText(text);
  const startedAtMs = clock.monotonicMs();
  const lengthMs = speechMs(words);
  desk.emit({ type: 'caller.speech_started', call, atMs: startedAtMs, overPlayback: line.playing !== null });
  let passedMs = 0;
  const until = async (ms: number): Promise<void> => {
    await clock.sleep(ms - passedMs, { signal: scope.signal });
    passedMs = ms;
  };
  const before = line.heard;
  for (const voicedMs of VOICED_MS.filter((ms) => ms < lengthMs)) {
    await until(voicedMs);
    const share = words
      .slice(0, Math.ceil((words.length * voicedMs) / lengthMs))
      .replace(/\S*$/, '')
      .trim();
    desk.emit({ type: 'caller.partial_heard', call, atMs: clock.monotonicMs(), text: `${before} ${share}`.trim() });
    desk.emit({ type: 'caller.voiced', call, atMs: clock.monotonicMs(), voicedMs });
  }
  await until(lengthMs);
  const endedAtMs = clock.monotonicMs();
  line.heard = `${line.heard} ${words}`.trim();
  desk.emit({ type: 'caller.partial_heard', call, atMs: endedAtMs, text: line.heard });
  await clock.sleep(DETECTION_MS, { signal: scope.signal });
  desk.emit({ type: 'caller.speech_ended', call, atMs: endedAtMs, decidedAtMs: clock.monotonicMs() });
  return { startedAtMs, endedAtMs };
}

export function createMemoryTelephony(options: {
  readonly clock: VirtualClock;
  readonly scope: Scope;
  readonly people: 'answers' | 'nobody';
}): MemoryTelephony {
  const desk: Desk = { clock: options.clock, scope: options.scope, lines: new Map(), emit: () => undefined };
  const over = new Set<string>();
  const handedOver = new Set<string>();
  let emit: (event: SwitchEvent) => void = () => undefined;
  const hangUp = (channel: string): void => {
    if (over.has(channel)) return;
    over.add(channel);
    emit({ type: 'channel.hung_up', channel: asChannelId(channel), cause: 16 });
  };
  const phone: Switch = {
    start: ({ onEvent }) => {
      emit = onEvent;
      return Promise.resolve();
    },
    answer: () => Promise.resolve('done'),
    openLeg: (channel) =>
      Promise.resolve({ channel: asChannelId(`${channel}-leg`), address: { transport: 'memory', id: channel }, codec: 'text' }),
    keepAlive: () => Promise.resolve('done'),
    hangUp: (channel) => Promise.resolve(hangUp(channel)),
    ringHuman: async ({ channel }, { signal }) => {
      await options.clock.sleep(PERSON_RINGS_MS, { signal });
      if (options.people === 'nobody') return 'nobody';
      handedOver.add(channel);
      return 'answered';
    },
    liveCalls: () => Promise.resolve([]),
    failOver: (channel) => Promise.resolve(void handedOver.add(channel)),
    close: () => Promise.resolve(),
  };
  return {
    phone,
    audio: createAudio(desk),
    ended: over,
    handedOver,
    hangUp,
    arrive: ({ channel, did, number }) =>
      emit({ type: 'call.arrived', channel: asChannelId(channel), did, callerNumber: number, trunk: null, verstat: null }),
    press: (channel, digit) => emit({ type: 'dtmf.received', channel: asChannelId(channel), digit }),
    say: (call, text) => speak(desk, call, text),
    lastSoundAtMs: (call) => {
      const line = desk.lines.get(call);
      return line === undefined ? null : line.playing === null ? line.lastSoundAtMs : desk.clock.monotonicMs();
    },
  };
}
