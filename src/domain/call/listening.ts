import { asTurn } from '../../base/ids.ts';
import { decideBargeIn, isBackchannel } from '../turn/barge-in.ts';
import { isEcho } from '../turn/echo.ts';
import { turnEndSilenceMs } from '../turn/endpointing.ts';
import { commitTurn, feedDialog, say, settle } from './answering.ts';
import type { CallEvent } from './event.ts';
import { dialogContext, type Speaking, type Speech } from './state.ts';
import { add, clearTimer, setTimer, type Step, type StepDeps } from './step.ts';

type Heard<T extends CallEvent['type']> = CallEvent & { readonly type: T };

/** Level of the voice while the caller may be interrupting, in decibels. */
const DUCK_GAIN_DB = -12;
/** A turn that must wait for a protected clause looks again after this time, in milliseconds. */
const PROTECTED_RETRY_MS = 200;

const current = (from: Step): Speaking | null => from.state.speaking[0] ?? null;

function isProtected(playing: Speaking | null): boolean {
  return playing !== null && playing.clausesPlayed < playing.utterance.protectedClauses;
}

export function speechStarted(from: Step, event: Heard<'caller.speech_started'>): Step {
  const { speech } = from.state;
  const quiet = clearTimer(clearTimer(from, 'no_input'), 'endpoint');
  if (speech?.status === 'silent') return add(quiet, { speech: { ...speech, status: 'voiced' } });
  return add(quiet, { speech: { status: 'voiced', startedAtMs: event.atMs, endedAtMs: null, text: '' } });
}

/** Stops the voice; what is still queued will not be said. */
function stopSpeaking(from: Step): Step {
  const playing = current(from);
  if (playing === null || playing.stopping) return from;
  return add(
    from,
    { speaking: [{ ...playing, stopping: true }], interrupted: playing.utterance },
    { type: 'stop_playback' },
    { type: 'count', metric: 'barge_in' },
  );
}

function considerBargeIn(from: Step, voicedMs: number): Step {
  const playing = current(from);
  if (playing === null || playing.stopping || from.state.phase.name !== 'talking') return from;
  const decision = decideBargeIn({ voicedMs, text: from.state.speech?.text ?? '', isProtected: isProtected(playing) });
  if (decision === 'stop') return stopSpeaking(from);
  return decision === 'duck' ? add(from, {}, { type: 'duck_playback', gainDb: DUCK_GAIN_DB }) : from;
}

export function voiced(from: Step, event: Heard<'caller.voiced'>): Step {
  return considerBargeIn(from, event.voicedMs);
}

/** Sets the timer for the end of the turn from what is known now, and prepares the answer. */
function awaitEndpoint(from: Step, speech: Speech, nowMs: number, deps: StepDeps): Step {
  const asked = deps.brain.asked(from.state.dialog);
  const slot = deps.brain.progress(from.state.dialog, speech.text, dialogContext(from.state, deps.context));
  const silenceMs = turnEndSilenceMs({ asked, text: speech.text, slot });
  const endedAtMs = speech.endedAtMs ?? nowMs;
  const timed = setTimer(from, 'endpoint', endedAtMs + silenceMs - nowMs);
  return speech.text === '' ? timed : add(timed, {}, { type: 'speculate_turn', asked, text: speech.text });
}

export function speechEnded(from: Step, event: Heard<'caller.speech_ended'>, deps: StepDeps): Step {
  const { speech } = from.state;
  if (speech === null || speech.status === 'finishing') return from;
  const silent: Speech = { ...speech, status: 'silent', endedAtMs: event.atMs };
  return awaitEndpoint(add(from, { speech: silent }), silent, event.decidedAtMs, deps);
}

export function partialHeard(from: Step, event: Heard<'caller.partial_heard'>, deps: StepDeps): Step {
  const { speech } = from.state;
  if (speech === null || speech.text === event.text) return from;
  const playing = current(from);
  if (playing !== null && isEcho(event.text, playing.utterance.clauses.join(' '))) return add(from, {}, { type: 'count', metric: 'echo' });
  const next: Speech = { ...speech, text: event.text };
  const heard = add(from, { speech: next });
  if (speech.status === 'silent') return awaitEndpoint(heard, next, event.atMs, deps);
  return considerBargeIn(heard, event.atMs - speech.startedAtMs);
}

/** The silence was long enough. Over the agent's voice, a sign of listening is not a turn. */
export function endpointReached(from: Step, deps: StepDeps): Step {
  const { speech } = from.state;
  const playing = current(from);
  if (speech === null || speech.status !== 'silent') return from;
  if (playing !== null && !playing.stopping) {
    if (isProtected(playing)) return setTimer(from, 'endpoint', PROTECTED_RETRY_MS);
    const slot = deps.brain.progress(from.state.dialog, speech.text, dialogContext(from.state, deps.context));
    const isAnswer = slot === 'complete' && deps.brain.asked(from.state.dialog) === playing.utterance.asks;
    if (!isAnswer && (speech.text === '' || isBackchannel(speech.text))) {
      return add(
        from,
        { speech: null },
        { type: 'discard_utterance' },
        { type: 'duck_playback', gainDb: 0 },
        { type: 'count', metric: 'backchannel' },
      );
    }
  }
  return add(stopSpeaking(from), { speech: { ...speech, status: 'finishing' } }, { type: 'finish_utterance' });
}

/** Nothing was said after all: what a false alarm cut off is taken up again, from the start of its clause. */
function resume(from: Step, deps: StepDeps): Step {
  const { interrupted } = from.state;
  const quiet = add(from, { speech: null, interrupted: null });
  if (interrupted === null) return settle(quiet, deps);
  const heard = from.state.speaking.find(({ utterance }) => utterance.id === interrupted.id)?.clausesPlayed ?? 0;
  const clauses = interrupted.clauses.slice(Math.min(heard, interrupted.clauses.length - 1));
  return settle(say(quiet, { ...interrupted, clauses, protectedClauses: 0 }, deps), deps);
}

export function textFinal(from: Step, event: Heard<'caller.text_final'>, deps: StepDeps): Step {
  const { speech, speaking } = from.state;
  if (speech === null || speech.status !== 'finishing') return from;
  const spoken = speaking.flatMap(({ utterance }) => utterance.clauses).join(' ');
  if (event.text === '' || isEcho(event.text, spoken)) return resume(from, deps);
  const silenceMs = speech.endedAtMs === null ? 0 : Math.max(0, event.atMs - speech.endedAtMs);
  return commitTurn(from, event.text, silenceMs, deps);
}

export function noInput(from: Step, deps: StepDeps): Step {
  const turn = from.state.turn + 1;
  return feedDialog(add(from, { turn }), { type: 'no_input', turn: asTurn(turn) }, deps);
}

/** Digits pressed one after the other are one answer; the pause after which they are complete, in milliseconds. */
const DIGIT_PAUSE_MS = 1500;

export function pressed(from: Step, event: Heard<'caller.pressed'>, deps: StepDeps): Step {
  if (from.state.phase.name !== 'talking') return from;
  const digits = from.state.digits + event.digit;
  const noted = clearTimer(add(from, { digits }), 'no_input');
  // A zero alone asks for a person, except where it begins a telephone number.
  const isZeroAlone = digits === '0' && deps.brain.asked(from.state.dialog) !== 'phone';
  return event.digit === '#' || isZeroAlone ? digitsComplete(noted, deps) : setTimer(noted, 'dtmf', DIGIT_PAUSE_MS);
}

export function digitsComplete(from: Step, deps: StepDeps): Step {
  const digits = from.state.digits.replaceAll('#', '');
  const turn = from.state.turn + 1;
  const stopped = clearTimer(stopSpeaking(add(from, { digits: '', turn, interrupted: null })), 'dtmf');
  return digits === ''
    ? stopped
    : feedDialog(add(stopped, { interrupted: null }), { type: 'caller_pressed', turn: asTurn(turn), digits }, deps);
}
