import { isAppError } from '../../base/app-error.ts';
import { unreachable } from '../../base/invariant.ts';
import type { CallId } from '../../base/ids.ts';
import type { Scope } from '../../base/scope.ts';
import type { CallEffect } from '../../domain/call/effect.ts';
import type { CallEvent } from '../../domain/call/event.ts';
import type { CallContext, CallState } from '../../domain/call/state.ts';
import { SLOTS_AGE_MS_MAX } from '../../domain/hours/free-slot.ts';
import type { Utterance } from '../../domain/utterance/utterance.ts';
import type { SaidRow } from '../../ports/ledger.ts';
import type { ChannelId } from '../../ports/switch.ts';
import type { CallTimers } from './call-timers.ts';
import type { CallDeps } from './deps.ts';
import { transferContext } from './transfer-context.ts';
import type { Speculation } from './speculation.ts';
import { submitIntent } from './submit.ts';

/** Wiring of one call: what effects act upon. */
export interface EffectTarget {
  readonly call: CallId;
  readonly channel: ChannelId;
  readonly deps: CallDeps;
  readonly scope: Scope;
  readonly timers: CallTimers;
  readonly speculation: Speculation;
  readonly post: (event: CallEvent) => void;
  readonly context: () => CallContext;
  /** Trace context of what happens now; null when nothing is traced. */
  readonly traceparent: () => string | null;
  /** Stops refreshing the dead-man's switch; the switch keeps the call. */
  readonly releaseWatch: () => void;
  readonly onEnded: (outcome: string) => void;
}

/** Bound on the switch's answers, in milliseconds. */
const SWITCH_MS_MAX = 4000;
/** Cap on a conversation between people, in seconds: the dead-man's switch is not refreshed any more. */
const HUMAN_CALL_S_MAX = 14_400;

const switchOptions = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(SWITCH_MS_MAX) });

async function openLeg(target: EffectTarget): Promise<void> {
  const leg = await target.deps.phone.openLeg(target.channel, target.call, switchOptions());
  if (leg === 'gone') return;
  target.deps.audio.open(target.call, leg.address);
}

/** A ledger that cannot be read bears nothing out. */
function isBorneOut({ deps }: EffectTarget, utterance: Utterance): boolean {
  if (utterance.proof === null) return false;
  try {
    return deps.ledger.bearsOut(utterance.proof);
  } catch (error) {
    deps.log.error('ledger not read', { code: isAppError(error) ? error.code : 'unknown' });
    return false;
  }
}

/** The second gate: the proof of a commitment is looked up in the ledger at the moment its audio is asked for. */
function play(target: EffectTarget, utterance: Utterance): void {
  const { deps, call } = target;
  if (utterance.kind === 'commitment' && !isBorneOut(target, utterance)) {
    deps.metrics.count('speech_gate_blocked_total', { gate: 'audio' });
    deps.log.error('utterance refused by the ledger', { template: utterance.template, op: utterance.proof?.op ?? null });
    target.post({ type: 'utterance.refused', utterance: utterance.id, reason: 'not_borne_out' });
    return;
  }
  deps.feed.publish({
    type: 'agent.utterance',
    call,
    utterance: utterance.id,
    kind: utterance.kind,
    template: utterance.template,
    asks: utterance.asks,
    text: utterance.clauses.join(' '),
  });
  deps.audio.play({ call, utterance: utterance.id, clauses: utterance.clauses });
}

function claimOf({ kind }: Utterance): SaidRow['claim'] {
  if (kind === 'commitment') return 'committed';
  return kind === 'pending' ? 'will_confirm' : 'failed';
}

/** What the caller hears of a request is kept beside it, with the state that it was in. */
function recordSaid(target: EffectTarget, utterance: Utterance): void {
  const { deps, call } = target;
  const op = utterance.tells;
  if (op === null) return;
  // Looked at first: a ledger that fails below has not let it through.
  if (utterance.proof !== null && !isBorneOut(target, utterance)) {
    deps.metrics.count('speech_gate_blocked_total', { gate: 'started' });
    deps.audio.stop(call);
    target.post({ type: 'utterance.refused', utterance: utterance.id, reason: 'no_longer_borne_out' });
  }
  const row = deps.ledger.get(op);
  if (row === null) return;
  deps.ledger.recordSaid({
    op,
    call,
    utterance: utterance.id,
    claim: claimOf(utterance),
    opState: row.state,
    audioStartedAtEpochMs: deps.clock.epochMs(),
  });
}

async function ringHuman(target: EffectTarget, effect: CallEffect & { readonly type: 'ring_human' }, state: CallState): Promise<void> {
  const { deps, call, channel } = target;
  const context = transferContext(state, effect.reason);
  deps.journal.append({ call, atEpochMs: deps.clock.epochMs(), kind: 'event', type: 'human.rung', body: context });
  deps.feed.publish({ type: 'human.ringing', call, context: context.header });
  const ring = {
    channel,
    endpoint: deps.settings.humanEndpoint,
    callerNumber: state.callerNumber,
    ringTimeoutMs: deps.settings.ringTimeoutMs,
    context: context.header,
  };
  const failed = (error: unknown): void =>
    deps.log.error('transfer failed', { call, code: isAppError(error) ? error.code : 'unknown', reason: String(error) });
  const outcome = await deps.phone.ringHuman(ring, { signal: target.scope.signal }).catch((error: unknown) => {
    failed(error);
    return 'nobody' as const;
  });
  if (outcome === 'answered') {
    target.releaseWatch();
    await deps.phone.keepAlive(channel, HUMAN_CALL_S_MAX, switchOptions()).catch(failed);
  }
  target.post({ type: 'transfer.settled', turn: effect.turn, outcome });
}

async function findSlots(target: EffectTarget, effect: CallEffect & { readonly type: 'find_slots' }): Promise<void> {
  const { turn, query } = effect;
  const found = await target.speculation.slots(query);
  if (found === 'unknown') return target.post({ type: 'slots.unknown', turn, query });
  if (found.ageMs >= SLOTS_AGE_MS_MAX) target.deps.log.warn('free slots from before are used', { call: target.call, ageMs: found.ageMs });
  return target.post({ type: 'slots.found', turn, query, ...found });
}

function endCall(target: EffectTarget, outcome: string): void {
  target.deps.audio.close(target.call);
  target.deps.feed.publish({ type: 'call.ended', call: target.call, outcome });
  target.onEnded(outcome);
}

/** What does not answer at once; its result is posted as an event. */
async function runSlow(target: EffectTarget, effect: CallEffect, state: CallState): Promise<void> {
  const { deps, channel } = target;
  switch (effect.type) {
    case 'answer_channel':
      if ((await deps.phone.answer(channel, switchOptions())) === 'done') target.post({ type: 'call.answered' });
      return;
    case 'open_leg':
      return openLeg(target);
    case 'score_act':
      return target.post({
        type: 'act.scored',
        turn: effect.turn,
        text: effect.text,
        act: await target.speculation.score(effect.asked, effect.text),
      });
    case 'find_slots':
      return findSlots(target, effect);
    case 'submit_intent':
      return submitIntent(
        deps,
        { call: target.call, callerNumber: state.callerNumber, traceparent: target.traceparent() },
        effect,
        target.post,
      );
    case 'ring_human':
      return ringHuman(target, effect, state);
    case 'hang_up':
      return deps.phone.hangUp(channel, switchOptions());
    default:
      return runNow(target, effect, state);
  }
}

function runNow(target: EffectTarget, effect: CallEffect, state: CallState): void {
  const { deps, call } = target;
  switch (effect.type) {
    case 'set_timer':
      return target.timers.set(effect.timer, effect.stamp, effect.delayMs);
    case 'clear_timer':
      return target.timers.clear(effect.timer);
    case 'expect_speech':
      return deps.audio.expect(call, effect.expectation);
    case 'finish_utterance':
      return deps.audio.finishUtterance(call);
    case 'discard_utterance':
      return deps.audio.discardUtterance(call);
    case 'play_utterance':
      return play(target, effect.utterance);
    case 'stop_playback':
      return deps.audio.stop(call);
    case 'duck_playback':
      return deps.audio.duck(call, effect.gainDb);
    case 'speculate_turn':
      return target.speculation.ahead(state, target.context(), effect.text);
    case 'record_said':
      return recordSaid(target, effect.utterance);
    case 'release_to_human':
      return deps.audio.close(call);
    case 'add_callback_task':
      deps.ledger.addTask({ op: effect.op, call, reason: effect.reason, summary: effect.summary });
      return undefined;
    case 'end_call':
      return endCall(target, effect.outcome);
    case 'count':
      return deps.metrics.count(`call_${effect.metric}_total`);
    case 'answer_channel':
    case 'open_leg':
    case 'score_act':
    case 'find_slots':
    case 'submit_intent':
    case 'ring_human':
    case 'hang_up':
      return undefined;
    default:
      return unreachable(effect);
  }
}

/** Carries out one effect. Failures are logged, and where a caller would be left without an answer they return as an event. */
export function runEffect(target: EffectTarget, effect: CallEffect, state: CallState): void {
  runSlow(target, effect, state).catch((error: unknown) => {
    target.deps.log.error('effect failed', {
      call: target.call,
      effect: effect.type,
      reason: error instanceof Error ? error.message : String(error),
    });
    if (effect.type === 'open_leg' || effect.type === 'answer_channel') {
      target.deps.phone.failOver(target.channel, switchOptions()).catch(() => undefined);
      target.releaseWatch();
    }
  });
}
