import { unreachable } from '../../base/invariant.ts';
import { asTurn } from '../../base/ids.ts';
import { feedDialog, hearHeld, say, settle } from './answering.ts';
import type { DialogBrain } from './brain.ts';
import type { CallEffect } from './effect.ts';
import type { CallEvent, TimerName } from './event.ts';
import * as listening from './listening.ts';
import * as speaking from './speaking.ts';
import { dialogContext, type CallContext, type CallState, type Waiting } from './state.ts';
import { add, clearTimer, setTimer, step, type Step, type StepDeps } from './step.ts';

export function initialCall(arrived: CallEvent & { readonly type: 'call.arrived' }, brain: DialogBrain): CallState {
  return {
    call: arrived.call,
    did: arrived.did,
    callerNumber: arrived.callerNumber,
    ownBookings: arrived.ownBookings,
    known: null,
    phase: { name: 'arriving' },
    turn: 0,
    dialog: brain.initial(),
    speech: null,
    speaking: [],
    unheard: [],
    interrupted: null,
    waiting: null,
    heldTexts: [],
    expectation: null,
    timers: {},
    lastStamp: 0,
    lastUtterance: 0,
    digits: '',
    history: [],
  };
}

const stale = (from: Step): Step => add(from, {}, { type: 'count', metric: 'stale_turn' });

function isAwaited(waiting: Waiting | null, kind: Waiting['for'], turn: number): boolean {
  return waiting !== null && waiting.for === kind && waiting.turn === turn;
}

/** A leg opened: the call begins, or goes on where it broke off. */
function legOpened(from: Step, deps: StepDeps): Step {
  const { state } = from;
  if (state.phase.name === 'opening') {
    const timed = setTimer(add(from, { phase: { name: 'talking' } }), 'length', deps.context.limits.lengthMsMax);
    return feedDialog(timed, { type: 'call_started' }, deps);
  }
  const unheard = [...state.unheard, ...state.speaking.filter(({ stopping }) => !stopping).map((playing) => playing.utterance)];
  let next = add(from, { speaking: [], unheard: [], speech: null, expectation: null });
  for (const utterance of unheard) next = say(next, utterance, deps);
  return settle(next, deps);
}

/** Found alive after a restart: a new leg is needed, and the caller is told where we were. */
function readopted(from: Step, deps: StepDeps): Step {
  const { state } = from;
  if (state.phase.name === 'arriving' || state.phase.name === 'opening')
    return add(from, { phase: { name: 'opening' } }, { type: 'open_leg' });
  if (state.phase.name === 'handed_over' || state.phase.name === 'ended') return from;
  const turn = state.turn + 1;
  const fresh = add(
    from,
    {
      turn,
      phase: { name: 'talking' },
      speaking: [],
      unheard: [],
      speech: null,
      waiting: state.waiting?.for === 'intent' ? state.waiting : null,
      interrupted: null,
      timers: {},
      expectation: null,
    },
    { type: 'open_leg' },
  );
  let next = setTimer(fresh, 'length', deps.context.limits.lengthMsMax);
  // What became of a request and was perhaps not heard is told once more; a commitment has to be borne out once more, too.
  const planned = [...state.unheard, ...state.speaking.map(({ utterance }) => utterance)];
  for (const utterance of planned) if (utterance.tells !== null) next = say(next, utterance, deps);
  return feedDialog(next, { type: 'resumed', turn: asTurn(turn) }, deps);
}

function timerFired(from: Step, timer: TimerName, deps: StepDeps): Step {
  switch (timer) {
    case 'endpoint':
      return listening.endpointReached(from, deps);
    case 'no_input':
      return from.state.speaking.length > 0 || from.state.speech !== null ? from : listening.noInput(from, deps);
    case 'filler': {
      const { waiting } = from.state;
      if (waiting === null || from.state.speaking.length > 0) return from;
      return add(say(from, deps.brain.filler(waiting.for), deps), {}, { type: 'count', metric: 'filler' });
    }
    case 'dtmf':
      return listening.digitsComplete(from, deps);
    case 'length': {
      const outcome = deps.brain.outcome(from.state.dialog);
      return settle(add(say(from, deps.brain.timeUp(), deps), { phase: { name: 'closing', outcome }, waiting: null }), deps);
    }
    default:
      return unreachable(timer);
  }
}

function slotsAnswered(from: Step, event: CallEvent & { readonly type: 'slots.found' | 'slots.unknown' }, deps: StepDeps): Step {
  if (!isAwaited(from.state.waiting, 'slots', event.turn)) return stale(from);
  const { turn, query } = event;
  const input =
    event.type === 'slots.found'
      ? ({ type: 'slots_found', turn, query, slots: event.slots, ageMs: event.ageMs } as const)
      : ({ type: 'slots_unknown', turn, query } as const);
  return hearHeld(feedDialog(add(from, { waiting: null }), input, deps), deps);
}

function transferSettled(from: Step, event: CallEvent & { readonly type: 'transfer.settled' }, deps: StepDeps): Step {
  if (!isAwaited(from.state.waiting, 'transfer', event.turn)) return stale(from);
  if (event.outcome === 'answered') {
    return add(
      clearTimer(clearTimer(from, 'no_input'), 'length'),
      { phase: { name: 'handed_over' }, waiting: null, speech: null, speaking: [] },
      { type: 'release_to_human' },
    );
  }
  const back = add(from, { phase: { name: 'talking' }, waiting: null });
  return hearHeld(feedDialog(back, { type: 'transfer_settled', turn: event.turn, outcome: 'nobody' }, deps), deps);
}

/** The write's fate is the ledger's, whatever the conversation has come to: it is never stale. */
function intentSettled(from: Step, event: CallEvent & { readonly type: 'intent.settled' }, deps: StepDeps): Step {
  const done = from.state.waiting?.for === 'intent' ? add(from, { waiting: null }) : from;
  if (done.state.phase.name !== 'talking') return done;
  return hearHeld(feedDialog(done, { type: 'intent_settled', turn: event.turn, seq: event.seq, result: event.result }, deps), deps);
}

function hungUp(from: Step, deps: StepDeps): Step {
  const { state } = from;
  if (state.phase.name === 'ended') return from;
  const outcome =
    state.phase.name === 'closing'
      ? state.phase.outcome
      : state.phase.name === 'handed_over'
        ? 'transferred'
        : deps.brain.outcome(state.dialog);
  const undone =
    state.phase.name === 'talking' || state.phase.name === 'handing_over'
      ? deps.brain.unfinished(state.dialog, dialogContext(state, deps.context))
      : null;
  const told: readonly CallEffect[] = undone === null ? [] : [{ type: 'add_callback_task', op: null, reason: 'callback', summary: undone }];
  return add(from, { phase: { name: 'ended', outcome }, waiting: null, speech: null, speaking: [], timers: {} }, ...told, {
    type: 'end_call',
    outcome,
  });
}

function reduceEvent(from: Step, event: CallEvent, deps: StepDeps): Step {
  switch (event.type) {
    case 'call.arrived':
      return add(from, {}, { type: 'answer_channel' });
    case 'caller.known':
      return add(from, {
        known: { names: event.names, entered: event.entered ?? [], readAtEpochMs: deps.context.nowEpochMs - event.ageMs },
      });
    case 'call.answered':
      return from.state.phase.name === 'arriving' ? add(from, { phase: { name: 'opening' } }, { type: 'open_leg' }) : from;
    case 'call.readopted':
      return readopted(from, deps);
    case 'leg.opened':
      return legOpened(from, deps);
    case 'leg.lost':
      return from.state.phase.name === 'talking' || from.state.phase.name === 'closing'
        ? add(from, { speech: null }, { type: 'open_leg' })
        : from;
    case 'caller.speech_started':
      return listening.speechStarted(from, event);
    case 'caller.voiced':
      return listening.voiced(from, event);
    case 'caller.speech_ended':
      return listening.speechEnded(from, event, deps);
    case 'caller.partial_heard':
      return listening.partialHeard(from, event, deps);
    case 'caller.text_final':
      return listening.textFinal(from, event, deps);
    case 'caller.pressed':
      return listening.pressed(from, event, deps);
    case 'agent.speech_started':
      return speaking.speechBegan(from, event);
    case 'agent.clause_played':
      return speaking.clausePlayed(from, event);
    case 'agent.speech_ended':
      return speaking.speechOver(from, event, deps);
    case 'utterance.refused':
      return speaking.speechRefused(from, event, deps);
    case 'timer.fired': {
      if (from.state.timers[event.timer] !== event.stamp) return from;
      const { [event.timer]: _fired, ...timers } = from.state.timers;
      return timerFired(add(from, { timers }), event.timer, deps);
    }
    case 'act.scored':
      if (!isAwaited(from.state.waiting, 'act', event.turn)) return stale(from);
      return feedDialog(add(from, { waiting: null }), { type: 'caller_said', turn: event.turn, text: event.text, act: event.act }, deps);
    case 'slots.found':
    case 'slots.unknown':
      return slotsAnswered(from, event, deps);
    case 'intent.accepted':
      return from;
    case 'intent.settled':
      return intentSettled(from, event, deps);
    case 'transfer.settled':
      return transferSettled(from, event, deps);
    case 'channel.hung_up':
      return hungUp(from, deps);
    default:
      return unreachable(event);
  }
}

/** The control plane of a call: pure; effects are data and their results return as events. */
export function reduceCall(state: CallState, event: CallEvent, deps: { readonly brain: DialogBrain; readonly context: CallContext }): Step {
  if (state.phase.name === 'ended' && event.type !== 'intent.settled') return step(state);
  return reduceEvent(step(state), event, deps);
}
