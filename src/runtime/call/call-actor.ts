import { AppError, isAppError } from '../../base/app-error.ts';
import type { CallId } from '../../base/ids.ts';
import type { Scope } from '../../base/scope.ts';
import type { CallEffect } from '../../domain/call/effect.ts';
import type { CallEvent } from '../../domain/call/event.ts';
import { initialCall, reduceCall } from '../../domain/call/reduce-call.ts';
import { dialogContext, type CallContext, type CallState } from '../../domain/call/state.ts';
import type { ChannelId } from '../../ports/switch.ts';
import { createCallTimers } from './call-timers.ts';
import { callerLine, createRecord } from './record.ts';
import type { CallDeps } from './deps.ts';
import { publishTurns } from './feed-turns.ts';
import { prefetchSlots } from './prefetch.ts';
import { runEffect, type EffectTarget } from './run-effect.ts';
import { createSlotReads } from './slot-reads.ts';
import { createSpeculation } from './speculation.ts';
import { watchCall } from './watch-call.ts';
import { askWhoCalls } from './who-calls.ts';

/** Events waiting for one call; a call that falls this far behind is given to the human dialplan. */
const MAILBOX_MAX = 2000;
/** How often the dead-man's switch is refreshed, and its limit: the switch takes over when refreshes stop. */
const WATCH_REFRESH_MS = 2000;
const WATCH_LIMIT_S = 7;

/** One call: a mailbox, the state, and the interpreter of its effects. */
export interface CallActor {
  readonly call: CallId;
  readonly channel: ChannelId;
  post(event: CallEvent): void;
  /** Resolves with the outcome when the call is over and its journal is on disk. */
  readonly ended: Promise<string>;
}

export interface CallStart {
  readonly channel: ChannelId;
  readonly first: CallEvent & { readonly type: 'call.arrived' };
  /** Events of an earlier life of this call, replayed without their effects. */
  readonly replay: readonly CallEvent[];
  /** A write that was under way when the earlier life ended: asked for again, which the ledger answers from its row. */
  readonly unsettled: (CallEffect & { readonly type: 'submit_intent' }) | null;
  /** Trace context of the earlier life, if it had one. */
  readonly trace?: string | null;
}

function replayed(start: CallStart, deps: CallDeps, context: CallContext): CallState {
  let state = initialCall(start.first, deps.brain);
  for (const event of start.replay) ({ state } = reduceCall(state, event, { brain: deps.brain, context }));
  return state;
}

function watch(start: CallStart, deps: CallDeps, scope: Scope): void {
  const refresh = async (): Promise<void> => {
    while (!scope.signal.aborted) {
      await deps.phone
        .keepAlive(start.channel, WATCH_LIMIT_S, { signal: scope.signal })
        .catch((error: unknown) => deps.log.warn('watch not refreshed', { reason: String(error) }));
      await deps.clock.sleep(WATCH_REFRESH_MS, { signal: scope.signal });
    }
  };
  refresh().catch(() => undefined);
}

/** A bounded queue of events, handled one at a time; what `handle` throws, and an overflow, end the call. */
function createMailbox(
  signal: AbortSignal,
  handle: (event: CallEvent) => void,
  abandon: (error: unknown) => void,
): (event: CallEvent) => void {
  const waiting: CallEvent[] = [];
  const drain = (): void => {
    try {
      for (let event = waiting.shift(); event !== undefined && !signal.aborted; event = waiting.shift()) handle(event);
    } catch (error) {
      abandon(error);
    }
  };
  return (event) => {
    if (signal.aborted) return;
    if (waiting.length >= MAILBOX_MAX) return abandon(new AppError('invariant_broken', `${MAILBOX_MAX} events wait for the call`));
    waiting.push(event);
    queueMicrotask(drain);
    return undefined;
  };
}

/** The end of a call is journaled if possible: a journal that takes nothing more may be why it ends. */
function lastWords(write: () => void, { log }: Pick<CallDeps, 'log'>): void {
  try {
    write();
  } catch (error) {
    log.error('end of a call not journaled', { code: isAppError(error) ? error.code : 'unknown' });
  }
}

/** Starts the actor of a call. A broken invariant ends this call (the switch gives it to a human), never the daemon. */
export function startCallActor(start: CallStart, given: CallDeps, parent: Scope): CallActor {
  const { call } = start.first;
  const seen = watchCall({ metrics: given.metrics, tracer: given.tracer, call, earlier: start.trace ?? null });
  const deps = seen.traceId === null ? given : { ...given, log: given.log.child({ trace: seen.traceId }) };
  const scope = parent.child(`call ${call}`);
  const watchScope = scope.child('watch');
  const context = (): CallContext => ({
    practice: deps.practice(),
    nowEpochMs: deps.clock.businessEpochMs(),
    limits: deps.settings.limits,
  });
  let state = replayed(start, deps, context());
  const ended = Promise.withResolvers<string>();
  const keep = createRecord(deps, start.first);
  const journal = (kind: 'event' | 'effect', type: string, body: unknown): void => keep({ kind, type, body }, state);
  const finish = (outcome: string): void => {
    seen.ended(outcome);
    lastWords(() => journal('event', 'call.ended', { outcome }), deps);
    scope.dispose();
    const over = (): void => ended.resolve(outcome);
    deps.journal.flush({ signal: AbortSignal.timeout(2000) }).then(over, over);
  };
  const abandon = (error: unknown): void => {
    deps.log.error('call ended by a broken rule', {
      call,
      code: isAppError(error) ? error.code : 'unknown',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    deps.audio.close(call);
    deps.phone.failOver(start.channel, { signal: AbortSignal.timeout(3000) }).catch(() => undefined);
    deps.feed.publish({ type: 'call.ended', call, outcome: 'failed_over' });
    finish('failed_over');
  };
  const handle = (event: CallEvent): void => {
    journal('event', event.type, seen.journaled(event));
    const before = state;
    const next = reduceCall(state, event, { brain: deps.brain, context: context() });
    state = next.state;
    publishTurns(deps.feed, before, event, state);
    seen.changed(before, event, state);
    // While the agent speaks there is time to render what may be said next.
    if (event.type === 'agent.speech_started') deps.audio.prepare(deps.brain.likelyClauses(state.dialog, dialogContext(state, context())));
    for (const effect of next.effects) {
      if (effect.type !== 'speculate_turn') journal('effect', effect.type, effect);
      runEffect(target, effect, state);
    }
  };
  const reads = createSlotReads(deps, scope.signal);
  const post = createMailbox(scope.signal, handle, abandon);
  const target: EffectTarget = {
    call,
    channel: start.channel,
    deps,
    scope,
    context,
    post,
    timers: createCallTimers(deps.clock, scope, (timer, stamp) => post({ type: 'timer.fired', timer, stamp })),
    speculation: createSpeculation(deps, reads),
    traceparent: seen.traceparent,
    releaseWatch: () => watchScope.dispose(),
    onEnded: finish,
  };
  watch(start, deps, watchScope);
  void prefetchSlots(reads, deps, start.first.ownBookings);
  void askWhoCalls(callerLine(deps, start.first.callerNumber), deps, scope, post);
  if (start.unsettled !== null) runEffect(target, start.unsettled, state);
  deps.feed.publish({ type: 'call.started', call, callerNumber: start.first.callerNumber, did: start.first.did });
  return { call, channel: start.channel, post, ended: ended.promise };
}
