import type { Utterance } from '../utterance/utterance.ts';
import { say, settle } from './answering.ts';
import type { CallEvent } from './event.ts';
import { add, remember, type Step, type StepDeps } from './step.ts';

type Played<T extends CallEvent['type']> = CallEvent & { readonly type: T };

/** Utterances whose being heard is evidence: what tells the fate of a request, and the disclosure. */
const isEvidence = ({ kind, tells }: Utterance): boolean => tells !== null || kind === 'legal';

/** Utterances kept for a new leg. */
const UNHEARD_MAX = 10;

export function speechBegan(from: Step, event: Played<'agent.speech_started'>): Step {
  const playing = from.state.speaking.find(({ utterance }) => utterance.id === event.utterance);
  if (playing === undefined) return from;
  const heard = add(from, { unheard: [] });
  if (!isEvidence(playing.utterance)) return heard;
  return add(heard, {}, { type: 'record_said', utterance: playing.utterance });
}

export function clausePlayed(from: Step, event: Played<'agent.clause_played'>): Step {
  const speaking = from.state.speaking.map((playing) =>
    playing.utterance.id === event.utterance ? { ...playing, clausesPlayed: Math.max(playing.clausesPlayed, event.clause + 1) } : playing,
  );
  return add(from, { speaking });
}

/** History keeps what the caller heard: the clauses that were played, not those that were planned. */
export function speechOver(from: Step, event: Played<'agent.speech_ended'>, deps: StepDeps): Step {
  const playing = from.state.speaking.find(({ utterance }) => utterance.id === event.utterance);
  if (playing === undefined) return from;
  const heard = playing.utterance.clauses.slice(0, event.cause === 'played' ? undefined : event.clausesPlayed).join(' ');
  const rest = from.state.speaking.filter((other) => other !== playing);
  const unheard = event.cause === 'failed' ? [...from.state.unheard, playing.utterance].slice(-UNHEARD_MAX) : from.state.unheard;
  return settle(remember(add(from, { speaking: rest, unheard }), { who: 'agent', text: heard }), deps);
}

/**
 * The second gate let it not be said. A commitment that cannot be proved leaves the caller with an honest word and a person with a task;
 * anything else is as if it had never been planned.
 */
export function speechRefused(from: Step, event: Played<'utterance.refused'>, deps: StepDeps): Step {
  const refused = from.state.speaking.find(({ utterance }) => utterance.id === event.utterance);
  const speaking = from.state.speaking.filter((playing) => playing !== refused);
  const counted = add(from, { speaking }, { type: 'count', metric: 'gate_refused', utterance: event.utterance });
  if (refused?.utterance.kind !== 'commitment') return settle(counted, deps);
  const summary = `A confirmation could not be given; see \`vestibule calls show ${from.state.call}\` and call back.`;
  const task = { type: 'add_callback_task', op: refused.utterance.tells, reason: 'callback', summary } as const;
  return settle(add(say(counted, deps.brain.unproven(), deps), {}, task), deps);
}
