import type { Clock } from '../../src/base/clock.ts';
import type { CallId, UtteranceId } from '../../src/base/ids.ts';
import type { AudioEvent, CallAudio, PlayRequest } from '../../src/ports/call-audio.ts';

/** Milliseconds that a clause lasts: what a voice would take, roughly. */
const defaultClauseMs = (clause: string): number => 60 * clause.length;

interface FakeCall {
  readonly id: CallId;
  readonly openedAtMs: number;
  readonly queue: PlayRequest[];
  playing: { readonly utterance: UtteranceId; clausesPlayed: number; clauseStartMs: number; readonly stop: AbortController } | null;
  heard: string;
}

/** The media process in memory: clauses take their time on the clock, and the test speaks for the caller. */
export interface FakeCallAudio extends CallAudio {
  /** Everything asked for, in order. */
  readonly commands: readonly { readonly method: string; readonly call: CallId | null; readonly argument: unknown }[];
  /** The caller speaks for `ms` of the clock: speech, partials word by word, end of speech. Resolves at the end. */
  callerSays(call: CallId, text: string, ms: number): Promise<void>;
  legLost(call: CallId): void;
  restart(): void;
}

export function createFakeCallAudio(clock: Clock, clauseMs: (clause: string) => number = defaultClauseMs): FakeCallAudio {
  const calls = new Map<CallId, FakeCall>();
  const commands: { readonly method: string; readonly call: CallId | null; readonly argument: unknown }[] = [];
  const life = new AbortController();
  let tell: (event: AudioEvent) => void = () => undefined;
  const at = (call: FakeCall): number => clock.monotonicMs() - call.openedAtMs;
  const note = (method: string, call: CallId | null, argument: unknown = null): void => void commands.push({ method, call, argument });
  const ended = (
    call: FakeCall,
    utterance: UtteranceId,
    how: { readonly cause: 'played' | 'stopped' | 'failed'; readonly clausesPlayed: number; readonly playedMs: number },
  ): void => tell({ type: 'agent.speech_ended', call: call.id, atMs: at(call), utterance, ...how });
  const speak = async (call: FakeCall, request: PlayRequest): Promise<void> => {
    const playing = { utterance: request.utterance, clausesPlayed: 0, clauseStartMs: clock.monotonicMs(), stop: new AbortController() };
    call.playing = playing;
    tell({ type: 'agent.speech_started', call: call.id, atMs: at(call), utterance: request.utterance });
    for (const [clause, text] of request.clauses.entries()) {
      playing.clauseStartMs = clock.monotonicMs();
      await clock.sleep(clauseMs(text), { signal: playing.stop.signal });
      playing.clausesPlayed += 1;
      tell({ type: 'agent.clause_played', call: call.id, atMs: at(call), utterance: request.utterance, clause });
    }
    call.playing = null;
    ended(call, request.utterance, { cause: 'played', clausesPlayed: request.clauses.length, playedMs: 0 });
    next(call);
  };
  const next = (call: FakeCall): void => {
    const request = call.queue.shift();
    if (request !== undefined && calls.get(call.id) === call) void speak(call, request).catch(() => undefined);
  };
  const stop = (call: FakeCall, cause: 'stopped' | 'failed'): void => {
    const { playing } = call;
    call.playing = null;
    playing?.stop.abort();
    if (playing !== null)
      ended(call, playing.utterance, {
        cause,
        clausesPlayed: playing.clausesPlayed,
        playedMs: Math.round(clock.monotonicMs() - playing.clauseStartMs),
      });
    for (const request of call.queue.splice(0)) ended(call, request.utterance, { cause, clausesPlayed: 0, playedMs: 0 });
  };
  const withCall = (id: CallId, action: (call: FakeCall) => void): void => {
    const call = calls.get(id);
    if (call !== undefined) action(call);
  };
  return {
    commands,
    start: async ({ onEvent, signal }) => {
      tell = (event) => {
        if (!signal.aborted) onEvent(event);
      };
    },
    open: (id, address) => {
      note('open', id, address);
      const call: FakeCall = { id, openedAtMs: clock.monotonicMs(), queue: [], playing: null, heard: '' };
      calls.set(id, call);
      queueMicrotask(() => tell({ type: 'leg.opened', call: id, atMs: 0 }));
    },
    expect: (call, expectation) => note('expect', call, expectation),
    prepare: (clauses) => note('prepare', null, clauses),
    play: (request) => {
      note('play', request.call, request);
      withCall(request.call, (call) => {
        call.queue.push(request);
        if (call.playing === null && call.queue.length === 1) queueMicrotask(() => call.playing ?? next(call));
      });
    },
    stop: (id) => {
      note('stop', id);
      withCall(id, (call) => stop(call, 'stopped'));
    },
    duck: (call, gainDb) => note('duck', call, gainDb),
    finishUtterance: (id) => {
      note('finishUtterance', id);
      withCall(id, (call) => {
        const text = call.heard;
        call.heard = '';
        queueMicrotask(() => tell({ type: 'caller.text_final', call: id, atMs: at(call), text }));
      });
    },
    discardUtterance: (id) => {
      note('discardUtterance', id);
      withCall(id, (call) => (call.heard = ''));
    },
    close: (id) => {
      note('close', id);
      calls.get(id)?.playing?.stop.abort();
      calls.delete(id);
    },
    callerSays: async (id, text, ms) => {
      const call = calls.get(id);
      if (call === undefined) throw new Error('no such call');
      tell({ type: 'caller.speech_started', call: id, atMs: at(call), overPlayback: call.playing !== null });
      const words = text.split(' ').filter((word) => word !== '');
      let voicedMs = 0;
      const milestones = [200, 350, 500, 700];
      for (const [index] of words.entries()) {
        await clock.sleep(ms / words.length, { signal: life.signal });
        voicedMs += ms / words.length;
        while (milestones[0] !== undefined && milestones[0] <= voicedMs)
          tell({ type: 'caller.voiced', call: id, atMs: at(call), voicedMs: milestones.shift() ?? 0 });
        call.heard = words.slice(0, index + 1).join(' ');
        tell({ type: 'caller.partial_heard', call: id, atMs: at(call), text: call.heard });
      }
      tell({ type: 'caller.speech_ended', call: id, atMs: at(call), decidedAtMs: at(call) + 96 });
    },
    legLost: (id) =>
      withCall(id, (call) => {
        stop(call, 'failed');
        calls.delete(id);
        tell({ type: 'leg.lost', call: id, atMs: at(call), reason: 'lost' });
      }),
    restart: () => {
      calls.clear();
      tell({ type: 'audio.restarted' });
    },
  };
}
