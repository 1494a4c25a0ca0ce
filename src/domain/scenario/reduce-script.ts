import { unreachable } from '../../base/invariant.ts';
import { describeMatcher, matchesUtterance } from './matching.ts';
import type { After, ScriptStep } from './scenario.ts';
import { contradictions } from './spoken-details.ts';
import {
  HEAR_MS_MAX,
  HEAR_WITHOUT_PROGRESS_MS,
  QUIET_BEFORE_SPEAKING_MS,
  QUIET_IS_END_MS,
  SHRUG,
  SHRUGS_MAX,
  type MetUtterance,
  type ScriptCommand,
  type ScriptEvent,
  type ScriptState,
} from './script-state.ts';

/** Where the script goes: the next state, what is to be done, and whether there is more to look at right now. */
interface Move {
  readonly state: ScriptState;
  readonly commands: readonly ScriptCommand[];
  readonly again: boolean;
}

interface Now {
  readonly atMs: number;
  readonly quietSinceMs: number | null;
}

const stay = (state: ScriptState): Move => ({ state, commands: [], again: false });
const go = (state: ScriptState, ...commands: readonly ScriptCommand[]): Move => ({ state, commands, again: true });

/** After the last step the caller stays until the call has ended by itself, giving replies. */
const currentStep = (state: ScriptState): ScriptStep => state.script.steps[state.step] ?? { type: 'hear_end' };
const isPastLastStep = (state: ScriptState): boolean => state.step >= state.script.steps.length;

function finish(state: ScriptState, ...commands: readonly ScriptCommand[]): Move {
  return { state: { ...state, phase: { name: 'finished' } }, commands: [...commands, { type: 'finish' }], again: false };
}

const fail = (state: ScriptState, reason: string): Move => finish(state, { type: 'fail', reason });

/** The next step; what a `hear` may match begins at `sinceMs`. */
function nextStep(state: ScriptState, now: Now, sinceMs: number, ...commands: readonly ScriptCommand[]): Move {
  const next: ScriptState = {
    ...state,
    step: state.step + 1,
    phase: { name: 'stepping', sinceMs: now.atMs },
    sinceMs,
    isDirectlyAfterSilence: currentStep(state).type === 'silence',
  };
  return go(next, ...commands);
}

const answeredAll = (state: ScriptState): readonly MetUtterance[] =>
  state.utterances.map((utterance) => ({ ...utterance, answered: true }));

function speak(state: ScriptState, text: string, then: 'step' | 'hear', now: Now): Move {
  return {
    state: { ...state, phase: { name: 'speaking', then, sinceMs: now.atMs }, utterances: answeredAll(state) },
    commands: [{ type: 'say', text }],
    again: false,
  };
}

/** The moment an `after` counts from, or null when it has not come. */
function momentOf(state: ScriptState, after: After): number | null {
  if (after.event === 'caller.speech_ended') return state.lastSaidAtMs;
  const utterance = state.utterances.find(({ id }) => id === state.matched);
  return (after.event === 'agent.speech_started' ? utterance?.startedAtMs : utterance?.endedAtMs) ?? null;
}

/** Whether the time for a `say` or `hangup` has come. */
function isDue(state: ScriptState, after: After | null, now: Now): boolean {
  if (after !== null) {
    const momentMs = momentOf(state, after);
    return momentMs !== null && now.atMs >= momentMs + after.delayMs;
  }
  if (state.isDirectlyAfterSilence) return true;
  return now.quietSinceMs !== null && now.atMs - now.quietSinceMs >= QUIET_BEFORE_SPEAKING_MS;
}

/** What the caller answers to a question, or null when there is nothing left to say. */
function replyTo(state: ScriptState, question: MetUtterance): { readonly text: string; readonly slot: string } | null {
  const slot = question.asks ?? '';
  const { bySlot, wrong } = state.script.replies;
  if (slot === 'confirm') {
    const [first] = contradictions(question.text, state.script.booking, state).filter((part) => wrong[part] !== undefined);
    if (first !== undefined) return { text: wrong[first] ?? '', slot: `wrong ${first}` };
  }
  const given = state.repliesGiven[slot] ?? 0;
  const replies = Object.hasOwn(bySlot, slot) ? bySlot[slot as keyof typeof bySlot] : undefined;
  if (replies !== undefined && replies.length > 0) return { text: replies[Math.min(given, replies.length - 1)] ?? '', slot };
  return given < SHRUGS_MAX ? { text: SHRUG, slot } : null;
}

const pendingQuestion = (state: ScriptState): MetUtterance | undefined =>
  state.utterances.findLast(({ asks, answered }) => asks !== null && !answered);

function giveReply(state: ScriptState, now: Now): Move {
  const question = pendingQuestion(state);
  if (question === undefined || now.quietSinceMs === null || now.atMs - now.quietSinceMs < QUIET_BEFORE_SPEAKING_MS) return stay(state);
  const reply = replyTo(state, question);
  if (reply === null) return stay({ ...state, utterances: answeredAll(state) });
  return speak(
    { ...state, repliesGiven: { ...state.repliesGiven, [reply.slot]: (state.repliesGiven[reply.slot] ?? 0) + 1 } },
    reply.text,
    'hear',
    now,
  );
}

function hear(state: ScriptState, step: ScriptStep & { readonly type: 'hear' }, now: Now): Move {
  const { phase } = state;
  if (phase.name !== 'hearing') return stay(state);
  const match = state.utterances.find(
    (utterance) => utterance.startedAtMs > state.sinceMs && !utterance.answered && matchesUtterance(step.matcher, utterance),
  );
  if (match !== undefined) return nextStep({ ...state, matched: match.id }, now, match.startedAtMs);
  const wanted = describeMatcher(step.matcher);
  if (state.over !== 'no') return fail(state, `step ${state.step + 1}: the call was over before the caller heard ${wanted}`);
  const reply = giveReply(state, now);
  if (reply.commands.length > 0) return reply;
  if (now.atMs - phase.sinceMs > HEAR_MS_MAX)
    return fail(state, `step ${state.step + 1}: did not hear ${wanted} within ${HEAR_MS_MAX / 1000} s`);
  if (pendingQuestion(state) === undefined && now.atMs - phase.progressAtMs > HEAR_WITHOUT_PROGRESS_MS) {
    return fail(
      state,
      `step ${state.step + 1}: did not hear ${wanted}; for ${HEAR_WITHOUT_PROGRESS_MS / 1000} s the agent said nothing that matched or was answered`,
    );
  }
  return reply;
}

function hearEnd(state: ScriptState, now: Now): Move {
  const { phase } = state;
  if (phase.name !== 'hearing') return stay(state);
  const done = (): Move => (isPastLastStep(state) ? finish(state) : nextStep(state, now, now.atMs));
  if (state.over !== 'no') return done();
  const reply = giveReply(state, now);
  if (reply.commands.length > 0) return reply;
  const quietFromMs = now.quietSinceMs === null ? null : Math.max(now.quietSinceMs, phase.progressAtMs);
  if (quietFromMs !== null && now.atMs - quietFromMs >= QUIET_IS_END_MS) return done();
  return now.atMs - phase.sinceMs > HEAR_MS_MAX
    ? fail(state, `step ${state.step + 1}: the call had not ended after ${HEAR_MS_MAX / 1000} s`)
    : reply;
}

/** The moment of a `say` or `hangup` has not come; it does not have for ever to come. */
function waitOn(state: ScriptState, now: Now): Move {
  const sinceMs = state.phase.name === 'stepping' ? state.phase.sinceMs : now.atMs;
  if (state.over !== 'no') return fail(state, `step ${state.step + 1}: the call was over before the moment it waits for`);
  return now.atMs - sinceMs > HEAR_MS_MAX
    ? fail(state, `step ${state.step + 1}: the moment it waits for did not come within ${HEAR_MS_MAX / 1000} s`)
    : stay(state);
}

function beginStep(state: ScriptState, now: Now): Move {
  const step = currentStep(state);
  switch (step.type) {
    case 'hear':
    case 'hear_end':
      return go({ ...state, phase: { name: 'hearing', sinceMs: now.atMs, progressAtMs: now.atMs }, hearSinceMs: now.atMs });
    case 'say':
      if (state.over !== 'no') return fail(state, `step ${state.step + 1}: the call was over before the caller could speak`);
      return isDue(state, step.after, now) ? speak(state, step.text, 'step', now) : waitOn(state, now);
    case 'dtmf':
      if (state.over !== 'no') return fail(state, `step ${state.step + 1}: the call was over before the caller could press a key`);
      return nextStep({ ...state, utterances: answeredAll(state) }, now, now.atMs, { type: 'press', digits: step.digits });
    case 'silence':
      return go({ ...state, phase: { name: 'silent', sinceMs: now.atMs, untilMs: now.atMs + step.ms } });
    case 'do':
      return {
        state: { ...state, phase: { name: 'acting', sinceMs: now.atMs } },
        commands: [{ type: 'act', deed: step.deed }],
        again: false,
      };
    case 'hangup':
      if (state.over !== 'no') return nextStep(state, now, now.atMs);
      return step.after === null || isDue(state, step.after, now)
        ? nextStep({ ...state, over: 'caller' }, now, now.atMs, { type: 'hang_up' })
        : waitOn(state, now);
    default:
      return unreachable(step);
  }
}

function advance(state: ScriptState, now: Now): Move {
  switch (state.phase.name) {
    case 'stepping':
      return beginStep(state, now);
    case 'hearing': {
      const step = currentStep(state);
      return step.type === 'hear' ? hear(state, step, now) : hearEnd(state, now);
    }
    case 'silent':
      return now.atMs >= state.phase.untilMs ? nextStep(state, now, state.phase.sinceMs) : stay(state);
    case 'ringing':
      return state.over === 'no' ? stay(state) : fail(state, 'the call was not answered');
    case 'speaking':
    case 'acting':
    case 'finished':
      return stay(state);
    default:
      return unreachable(state.phase);
  }
}

function said(state: ScriptState, atMs: number): ScriptState {
  const { phase } = state;
  if (phase.name !== 'speaking') return state;
  const spoken: ScriptState = { ...state, lastSaidAtMs: atMs };
  if (phase.then === 'hear') return { ...spoken, phase: { name: 'hearing', sinceMs: state.hearSinceMs, progressAtMs: atMs } };
  return {
    ...spoken,
    step: state.step + 1,
    phase: { name: 'stepping', sinceMs: atMs },
    sinceMs: phase.sinceMs,
    isDirectlyAfterSilence: false,
  };
}

function noteUtterance(state: ScriptState, event: ScriptEvent & { readonly type: 'utterance_began' }): ScriptState {
  if (state.utterances.some(({ id }) => id === event.id)) return state;
  return {
    ...state,
    utterances: [...state.utterances, { ...event.utterance, id: event.id, startedAtMs: event.atMs, endedAtMs: null, answered: false }],
  };
}

/** A question that the agent broke off because the caller was speaking is none: it comes again if it still matters. */
function noteEnd(state: ScriptState, event: ScriptEvent & { readonly type: 'utterance_ended' }): ScriptState {
  const isBrokenOff = ({ startedAtMs }: MetUtterance): boolean =>
    event.isCut && (state.phase.name === 'speaking' || startedAtMs < (state.lastSaidAtMs ?? Number.NEGATIVE_INFINITY));
  return {
    ...state,
    utterances: state.utterances.map((utterance) =>
      utterance.id === event.id
        ? { ...utterance, endedAtMs: event.atMs, answered: utterance.answered || isBrokenOff(utterance) }
        : utterance,
    ),
  };
}

function note(state: ScriptState, event: ScriptEvent): ScriptState {
  switch (event.type) {
    case 'answered':
      return state.phase.name === 'ringing' ? { ...state, phase: { name: 'stepping', sinceMs: event.atMs } } : state;
    case 'utterance_began':
      return noteUtterance(state, event);
    case 'utterance_ended':
      return noteEnd(state, event);
    case 'said':
      return said(state, event.atMs);
    case 'acted':
      return state.phase.name === 'acting'
        ? {
            ...state,
            step: state.step + 1,
            phase: { name: 'stepping', sinceMs: event.atMs },
            sinceMs: state.phase.sinceMs,
            isDirectlyAfterSilence: false,
          }
        : state;
    case 'over':
      return state.over === 'no' ? { ...state, over: event.by } : state;
    case 'tick':
      return state;
    default:
      return unreachable(event);
  }
}

/** Steps taken on one event; a script has fewer. */
const STEPS_PER_EVENT_MAX = 1000;

/** The caller: what happened in, what to do out. Pure, so the same script runs over SIP and on a virtual clock. */
export function reduceScript(
  state: ScriptState,
  event: ScriptEvent,
): { readonly state: ScriptState; readonly commands: readonly ScriptCommand[] } {
  let current = note(state, event);
  // Only ticks know whether the agent is quiet; other events never start the caller's own speech.
  const now: Now = { atMs: event.atMs, quietSinceMs: event.type === 'tick' ? event.quietSinceMs : null };
  const commands: ScriptCommand[] = [];
  for (let turn = 0; turn < STEPS_PER_EVENT_MAX; turn += 1) {
    const move = advance(current, now);
    current = move.state;
    commands.push(...move.commands);
    if (!move.again) break;
  }
  return { state: current, commands };
}
