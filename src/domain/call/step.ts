import type { DialogBrain } from './brain.ts';
import type { CallEffect } from './effect.ts';
import type { TimerName } from './event.ts';
import type { CallContext, CallState, HistoryLine } from './state.ts';

/** A state on its way to the next, with the effects gathered so far. */
export interface Step {
  readonly state: CallState;
  readonly effects: readonly CallEffect[];
}

/** What every part of the reducer needs beside the step. */
export interface StepDeps {
  readonly brain: DialogBrain;
  readonly context: CallContext;
}

/** Lines of history kept in memory; the journal has all of them. */
const HISTORY_LINES_MAX = 400;

export const step = (state: CallState, ...effects: readonly CallEffect[]): Step => ({ state, effects });

export function add(from: Step, change: Partial<CallState>, ...effects: readonly CallEffect[]): Step {
  return { state: { ...from.state, ...change }, effects: [...from.effects, ...effects] };
}

export function setTimer(from: Step, timer: TimerName, delayMs: number): Step {
  const stamp = from.state.lastStamp + 1;
  return add(
    from,
    { lastStamp: stamp, timers: { ...from.state.timers, [timer]: stamp } },
    { type: 'set_timer', timer, stamp, delayMs: Math.max(0, Math.round(delayMs)) },
  );
}

export function clearTimer(from: Step, timer: TimerName): Step {
  if (from.state.timers[timer] === undefined) return from;
  const { [timer]: _dropped, ...timers } = from.state.timers;
  return add(from, { timers }, { type: 'clear_timer', timer });
}

export function remember(from: Step, line: HistoryLine): Step {
  if (line.text === '') return from;
  return add(from, { history: [...from.state.history, line].slice(-HISTORY_LINES_MAX) });
}
