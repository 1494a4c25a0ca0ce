import { FRAME_SAMPLES } from '../../base/units.ts';
import type { UtteranceId } from '../../base/ids.ts';
import type { MediaLeg } from '../../ports/media-leg.ts';
import type { Voice } from '../../ports/voice.ts';
import { createSpeechSender, type SpeechSender } from './speech-sender.ts';
import { heardMs, startUtterance, type SpokenClause, type SpokenUtterance } from './spoken-utterance.ts';

/** Distance between marks, in frames: 200 ms. */
const MARK_FRAMES = 10;
/** How long a clause that is due may take to be rendered. */
const RENDER_MS_MAX = 2000;
/** How long after its time a mark may come back; then the leg is taken for broken and what it plays for lost. */
const MARK_LATE_MS_MAX = 3000;
/** Utterances that may wait. */
const QUEUE_MAX = 50;

export type PlayoutEvent =
  | { readonly type: 'agent.speech_started'; readonly utterance: UtteranceId }
  | { readonly type: 'agent.clause_played'; readonly utterance: UtteranceId; readonly clause: number }
  | {
      readonly type: 'agent.speech_ended';
      readonly utterance: UtteranceId;
      readonly cause: 'played' | 'stopped' | 'failed';
      readonly clausesPlayed: number;
      readonly playedMs: number;
    };

/** Speaks utterances one after the other over a leg that paces, marks and flushes (a bare leg is wrapped by `createPacedLeg`). */
export interface Playout {
  play(utterance: UtteranceId, clauses: readonly string[]): void;
  stop(): void;
  duck(gainDb: number): void;
  /** Sends what is due; called about every 20 ms. */
  tick(): void;
  /** A mark came back from the leg. */
  mark(id: string): void;
  /** True from the first frame sent of an utterance to its end. */
  speaking(): boolean;
  /** Loudest level the caller can be hearing as the agent's voice; 0 when it has been silent for 300 ms. */
  outbound(): number;
  /** The leg is gone: everything unfinished ends as failed. */
  close(): void;
}

export interface PlayoutOptions {
  readonly leg: MediaLeg;
  readonly voice: Voice;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly onEvent: (event: PlayoutEvent) => void;
}

interface Mark {
  readonly utterance: SpokenUtterance;
  /** Samples of its clause that were sent before the mark; null at the end of the clause. */
  readonly samples: number | null;
}

interface PlayoutState extends PlayoutOptions {
  readonly sender: SpeechSender;
  readonly marks: Map<string, Mark>;
  queue: SpokenUtterance[];
  framesSinceMark: number;
  closed: boolean;
}

function end(state: PlayoutState, utterance: SpokenUtterance, cause: 'played' | 'stopped' | 'failed'): void {
  state.queue = state.queue.filter((other) => other !== utterance);
  utterance.renders.abort();
  const playedMs = cause === 'played' ? 0 : heardMs(utterance, state.nowMs());
  state.onEvent({ type: 'agent.speech_ended', utterance: utterance.id, cause, clausesPlayed: utterance.clausesPlayed, playedMs });
}

function sendNext(state: PlayoutState, utterance: SpokenUtterance, clause: SpokenClause, pcm: Int16Array): void {
  const begins = utterance.clausesSent === 0 && clause.sentSamples === 0;
  // The first frame has a mark of its own: it tells when the voice is really heard.
  const frames = begins ? 1 : Math.min(state.sender.room(), MARK_FRAMES - state.framesSinceMark);
  const piece = pcm.subarray(clause.sentSamples, clause.sentSamples + frames * FRAME_SAMPLES);
  state.sender.speak(piece);
  clause.sentSamples += piece.length;
  state.framesSinceMark += piece.length / FRAME_SAMPLES;
  const ends = clause.sentSamples === pcm.length;
  if (ends) utterance.clausesSent += 1;
  if (!begins && !ends && state.framesSinceMark < MARK_FRAMES) return;
  state.framesSinceMark = 0;
  state.marks.set(state.sender.mark(), { utterance, samples: ends ? null : clause.sentSamples });
}

/** Sends one piece or settles one clause; false when nothing more can be done now. */
function step(state: PlayoutState): boolean {
  const utterance = state.queue.find((other) => !other.failed && other.clausesSent < other.clauses.length);
  const clause = utterance?.clauses[utterance.clausesSent];
  if (utterance === undefined || clause === undefined) return false;
  if (clause.pcm !== null) {
    if (state.sender.room() < 1) return false;
    sendNext(state, utterance, clause, clause.pcm);
    return true;
  }
  clause.dueSinceMs ??= state.nowMs();
  if (!clause.failed && state.nowMs() - clause.dueSinceMs < RENDER_MS_MAX) return false;
  utterance.failed = true;
  if (utterance.clausesPlayed === utterance.clausesSent) end(state, utterance, 'failed');
  return true;
}

function pump(state: PlayoutState): void {
  if (state.closed) return;
  while (step(state));
  state.sender.idle();
  if (state.sender.overdueMs() <= MARK_LATE_MS_MAX) return;
  state.sender.flush();
  state.marks.clear();
  for (const utterance of state.queue) {
    if (utterance.clausesSent > 0 || utterance.started) end(state, utterance, 'failed');
  }
}

function passMark(state: PlayoutState, id: string): void {
  const mark = state.marks.get(id);
  state.marks.delete(id);
  if (!state.sender.passed(id) || mark === undefined) return;
  const { utterance } = mark;
  if (!utterance.started) state.onEvent({ type: 'agent.speech_started', utterance: utterance.id });
  utterance.started = true;
  utterance.heard = { samples: mark.samples ?? 0, atMs: state.nowMs() };
  if (mark.samples !== null) return;
  state.onEvent({ type: 'agent.clause_played', utterance: utterance.id, clause: utterance.clausesPlayed });
  utterance.clausesPlayed += 1;
  if (utterance.clausesPlayed === utterance.clauses.length) end(state, utterance, 'played');
  else if (utterance.failed && utterance.clausesPlayed === utterance.clausesSent) end(state, utterance, 'failed');
}

export function createPlayout(options: PlayoutOptions): Playout {
  const sender = createSpeechSender(options.leg, options.nowMs);
  const state: PlayoutState = { ...options, sender, marks: new Map(), queue: [], framesSinceMark: 0, closed: false };
  return {
    play: (id, clauses) => {
      if (state.closed || clauses.length === 0 || state.queue.length >= QUEUE_MAX) {
        options.onEvent({
          type: 'agent.speech_ended',
          utterance: id,
          cause: clauses.length === 0 ? 'played' : 'failed',
          clausesPlayed: 0,
          playedMs: 0,
        });
        return;
      }
      state.queue.push(startUtterance(id, clauses, options.voice, () => pump(state)));
    },
    stop: () => {
      if (state.closed) return;
      sender.flush();
      state.marks.clear();
      state.framesSinceMark = 0;
      for (const utterance of state.queue) end(state, utterance, 'stopped');
      pump(state);
    },
    duck: (gainDb) => sender.gain(gainDb),
    tick: () => pump(state),
    mark: (id) => passMark(state, id),
    speaking: () => state.queue.some((utterance) => utterance.started || utterance.clausesSent > 0),
    outbound: () => sender.outbound(),
    close: () => {
      if (state.closed) return;
      state.closed = true;
      for (const utterance of state.queue) end(state, utterance, 'failed');
    },
  };
}
