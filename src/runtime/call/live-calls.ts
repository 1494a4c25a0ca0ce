import { isAppError } from '../../base/app-error.ts';
import type { CallId } from '../../base/ids.ts';
import type { Scope } from '../../base/scope.ts';
import type { CallEvent } from '../../domain/call/event.ts';
import type { JournalEntry } from '../../ports/journal.ts';
import type { ChannelId, LiveCall } from '../../ports/switch.ts';
import { startCallActor, type CallActor, type CallStart } from './call-actor.ts';
import type { CallDeps } from './deps.ts';
import { promiseUntold } from './untold.ts';
import { journaledContext } from './watch-call.ts';

const SWITCH_MS_MAX = 4000;

/** The actors of all live calls, by call and by channel. */
export interface LiveCalls {
  byCall(call: CallId): CallActor | undefined;
  byChannel(channel: ChannelId): CallActor | undefined;
  all(): readonly CallActor[];
  begin(start: CallStart): CallActor;
  /** A call found alive after a restart: replayed from its journal and taken up again; one without a journal goes to a human. */
  readopt(found: LiveCall): void;
  /** Gives a caller to the human dialplan. */
  failOver(channel: ChannelId): void;
  onEmpty(listener: () => void): void;
}

/** The last write that was asked for and whose fate the conversation has not heard. */
function unsettledIntent(entries: readonly JournalEntry[]): CallStart['unsettled'] {
  const effect = entries.findLast(({ type }) => type === 'submit_intent')?.body as CallStart['unsettled'] | undefined;
  if (effect === undefined || effect === null) return null;
  return entries.some(({ type, body }) => type === 'intent.settled' && (body as { readonly seq: number }).seq === effect.seq)
    ? null
    : effect;
}

/** A journal that cannot be read, or was erased, is none: its caller goes to a human, and the other calls are taken up all the same. */
function readJournal(deps: CallDeps, call: CallId): readonly JournalEntry[] {
  try {
    return deps.journal.read(call).filter(({ body }) => body !== null);
  } catch (error) {
    deps.log.error('journal of a live call not read', { call, code: isAppError(error) ? error.code : 'unknown' });
    return [];
  }
}

export function createLiveCalls(deps: CallDeps, scope: Scope): LiveCalls {
  const actors = new Map<CallId, CallActor>();
  const channels = new Map<ChannelId, CallActor>();
  let onEmpty: (() => void) | null = null;
  const begin = (start: CallStart): CallActor => {
    const actor = startCallActor(start, deps, scope);
    actors.set(actor.call, actor);
    channels.set(start.channel, actor);
    deps.metrics.count('calls_total');
    void actor.ended.then(() => {
      actors.delete(actor.call);
      channels.delete(start.channel);
      void promiseUntold({ over: actor.call }, deps, scope);
      if (actors.size === 0) onEmpty?.();
    });
    return actor;
  };
  const failOver = (channel: ChannelId): void => {
    deps.phone
      .failOver(channel, { signal: AbortSignal.timeout(SWITCH_MS_MAX) })
      .catch((error: unknown) => deps.log.error('call not failed over', { reason: String(error) }));
  };
  return {
    byCall: (call) => actors.get(call),
    byChannel: (channel) => channels.get(channel),
    all: () => [...actors.values()],
    begin,
    failOver,
    readopt: (found) => {
      if (channels.has(found.channel)) return;
      const entries = found.call === null ? [] : readJournal(deps, found.call);
      const events = entries.filter(({ kind, type }) => kind === 'event' && type !== 'human.rung' && type !== 'call.ended');
      const [first, ...rest] = events.map(({ body }) => body as CallEvent);
      if (first === undefined || first.type !== 'call.arrived') return failOver(found.channel);
      deps.log.info('call taken up again', { call: first.call });
      const start = { channel: found.channel, first, replay: rest, unsettled: unsettledIntent(entries), trace: journaledContext(first) };
      try {
        return begin(start).post({ type: 'call.readopted' });
      } catch (error) {
        // What another version has journaled may break a rule; the other calls are taken up all the same.
        deps.log.error('call not taken up again', { call: first.call, reason: String(error) });
        return failOver(found.channel);
      }
    },
    onEmpty: (listener) => {
      onEmpty = listener;
    },
  };
}
