import { unreachable } from '../../base/invariant.ts';
import { asTurn, asUtteranceId } from '../../base/ids.ts';
import type { DialogInput, DialogMove, Outcome } from '../dialog/dialog.ts';
import type { UtteranceDraft } from '../utterance/utterance.ts';
import { dialogContext, type Waiting } from './state.ts';
import { add, clearTimer, remember, setTimer, type Step, type StepDeps } from './step.ts';

/** Queues an utterance for the voice; what the first gate refuses is counted and not said. */
export function say(from: Step, draft: UtteranceDraft, { brain }: StepDeps): Step {
  const number = from.state.lastUtterance + 1;
  const id = asUtteranceId(`u${number}`);
  const utterance = brain.admit(draft, id);
  if (utterance === null) return add(from, { lastUtterance: number }, { type: 'count', metric: 'gate_refused', utterance: id });
  const speaking = [...from.state.speaking, { utterance, clausesPlayed: 0, stopping: false }];
  return clearTimer(
    clearTimer(add(from, { lastUtterance: number, speaking }, { type: 'play_utterance', utterance }), 'filler'),
    'no_input',
  );
}

function wait(from: Step, waiting: Waiting, ...effects: Step['effects']): Step {
  return add(from, { waiting }, ...effects);
}

function applyMove(from: Step, move: DialogMove, deps: StepDeps): Step {
  switch (move.type) {
    case 'say':
      return say(from, move.utterance, deps);
    case 'score_act':
      return wait(
        from,
        { for: 'act', turn: move.turn },
        { type: 'score_act', turn: move.turn, asked: deps.brain.asked(from.state.dialog), text: move.text },
      );
    case 'find_slots':
      return wait(from, { for: 'slots', turn: move.turn }, { type: 'find_slots', turn: move.turn, query: move.query });
    case 'submit':
      return wait(
        from,
        { for: 'intent', turn: move.turn },
        { type: 'submit_intent', turn: move.turn, seq: move.seq, payload: move.payload },
      );
    case 'transfer':
      return wait(
        add(from, { phase: { name: 'handing_over' } }),
        { for: 'transfer', turn: move.turn },
        { type: 'ring_human', turn: move.turn, reason: move.reason },
      );
    case 'hang_up':
      return add(from, { phase: { name: 'closing', outcome: move.outcome } });
    default:
      return unreachable(move);
  }
}

/** After anything was said or asked: listen for the right thing, hang up when all is said, or wait for the caller. */
export function settle(from: Step, deps: StepDeps): Step {
  const { state } = from;
  if (state.phase.name === 'closing' && state.speaking.length === 0) return hangUp(from, state.phase.outcome);
  const expectation = deps.brain.expectation(state.dialog);
  const listening = expectation === state.expectation ? from : add(from, { expectation }, { type: 'expect_speech', expectation });
  const isQuiet = state.phase.name === 'talking' && state.speaking.length === 0 && state.waiting === null && state.speech === null;
  return isQuiet && state.timers.no_input === undefined ? setTimer(listening, 'no_input', deps.context.limits.noInputMs) : listening;
}

function hangUp(from: Step, outcome: Outcome): Step {
  return add(from, { phase: { name: 'ended', outcome } }, { type: 'hang_up', outcome }, { type: 'end_call', outcome });
}

/** Gives the dialog an input and carries out its moves. */
export function feedDialog(from: Step, input: DialogInput, deps: StepDeps): Step {
  const { state: dialog, moves } = deps.brain.reduce(from.state.dialog, input, dialogContext(from.state, deps.context));
  let next = add(from, { dialog });
  for (const move of moves) next = applyMove(next, move, deps);
  return settle(next, deps);
}

/** Part of the silence that the filler's wait has used up already, in milliseconds. */
const FILLER_MS_MIN = 80;

/** Texts that wait for a write or a transfer; beyond that the oldest gives way, is counted, and stays in the history. */
const HELD_TEXTS_MAX = 12;

function hold(from: Step, text: string): Step {
  const heldTexts = [...from.state.heldTexts, text];
  if (heldTexts.length <= HELD_TEXTS_MAX) return add(from, { heldTexts });
  return add(from, { heldTexts: heldTexts.slice(-HELD_TEXTS_MAX) }, { type: 'count', metric: 'held_dropped' });
}

/** The caller has finished saying something: a new turn. */
export function commitTurn(from: Step, text: string, silenceMs: number, deps: StepDeps): Step {
  const turn = from.state.turn + 1;
  const heard = remember(add(from, { turn, speech: null, unheard: [], interrupted: null }), { who: 'caller', text });
  const { waiting, heldTexts } = from.state;
  // A wish that changes during a look-up alone is heard at once; behind a text that waits it waits too.
  if (waiting?.for === 'intent' || waiting?.for === 'transfer' || (waiting?.for === 'slots' && heldTexts.length > 0))
    return hold(heard, text);
  const whole = [...heldTexts, text].join(' ');
  const awaited = setTimer(
    add(heard, { waiting: null, heldTexts: [] }),
    'filler',
    Math.max(FILLER_MS_MIN, deps.context.limits.fillerAfterMs - silenceMs),
  );
  const next = feedDialog(awaited, { type: 'caller_said', turn: asTurn(turn), text: whole, act: null }, deps);
  return next.state.waiting === null ? clearTimer(next, 'filler') : next;
}

/** What the caller said while a write or transfer was under way is heard now, or once the look-up that follows is answered. */
export function hearHeld(from: Step, deps: StepDeps): Step {
  const { heldTexts, turn } = from.state;
  if (heldTexts.length === 0 || from.state.phase.name !== 'talking' || from.state.waiting?.for === 'slots') return from;
  const text = heldTexts.join(' ');
  return feedDialog(add(from, { heldTexts: [] }), { type: 'caller_said', turn: asTurn(turn), text, act: null }, deps);
}
