import { isAppError } from '../../base/app-error.ts';
import { asCallId, type CallId } from '../../base/ids.ts';
import type { Scope } from '../../base/scope.ts';
import type { CallEvent } from '../../domain/call/event.ts';
import type { OwnBooking } from '../../domain/dialog/dialog.ts';
import type { AudioEvent } from '../../ports/call-audio.ts';
import type { JournalEntry } from '../../ports/journal.ts';
import type { ChannelId, LiveCall, SwitchEvent } from '../../ports/switch.ts';
import { startCallActor, type CallActor, type CallStart } from './call-actor.ts';
import type { CallDeps } from './deps.ts';

const SWITCH_MS_MAX = 4000;
const MINUTE_MS = 60_000;
/** A call that entered before we connected and was not reported by then belongs to nobody. */
const ARRIVAL_MS_MAX = 500;

/** All live calls of this daemon: routes events of the switch and of the media process to their actors. */
export interface Switchboard {
  onSwitchEvent(event: SwitchEvent): void;
  onAudioEvent(event: AudioEvent): void;
  live(): number;
  /** Resolves when no call is left, or when `signal` aborts. */
  drained(options: { readonly signal: AbortSignal }): Promise<void>;
}

function ownBookings(deps: CallDeps, callerNumber: string | null): readonly OwnBooking[] {
  if (callerNumber === null) return [];
  try {
    return deps.ledger.bookingsOf(callerNumber).flatMap((row) => {
      const payload = row.readBack ?? row.payload;
      if (payload.kind !== 'booking') return [];
      return [{ op: row.op, service: payload.service, start: payload.start, name: payload.name, ageMinutes: Math.max(0, (deps.clock.epochMs() - row.acceptedAtEpochMs) / MINUTE_MS) }];
    });
  } catch (error) {
    deps.log.warn('own bookings not read', { code: isAppError(error) ? error.code : 'unknown' });
    return [];
  }
}

/** The last write that was asked for and whose fate the conversation has not heard. */
function unsettledIntent(entries: readonly JournalEntry[]): CallStart['unsettled'] {
  const effect = entries.findLast(({ type }) => type === 'submit_intent')?.body as CallStart['unsettled'] | undefined;
  if (effect === undefined || effect === null) return null;
  return entries.some(({ type, body }) => type === 'intent.settled' && (body as { readonly seq: number }).seq === effect.seq) ? null : effect;
}

const options = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(SWITCH_MS_MAX) });

export function createSwitchboard(deps: CallDeps, scope: Scope, newCallId: () => string): Switchboard {
  const byCall = new Map<CallId, CallActor>();
  const byChannel = new Map<ChannelId, CallActor>();
  let onEmpty: (() => void) | null = null;

  const begin = (start: CallStart): CallActor => {
    const { channel } = start;
    const actor = startCallActor(start, deps, scope);
    byCall.set(actor.call, actor);
    byChannel.set(channel, actor);
    deps.metrics.count('calls_total');
    void actor.ended.then(() => {
      byCall.delete(actor.call);
      byChannel.delete(channel);
      if (byCall.size === 0) onEmpty?.();
    });
    return actor;
  };
  const arrived = (event: SwitchEvent & { type: 'call.arrived' }): void => {
    if (byCall.size >= deps.settings.concurrentMax) {
      deps.log.warn('all lines are busy', { live: byCall.size });
      deps.phone.failOver(event.channel, options()).catch((error: unknown) => deps.log.error('call not failed over', { reason: String(error) }));
      return;
    }
    const first = { type: 'call.arrived', call: asCallId(newCallId()), did: event.did, callerNumber: event.callerNumber, verstat: event.verstat, ownBookings: ownBookings(deps, event.callerNumber) } as const;
    begin({ channel: event.channel, first, replay: [], unsettled: null }).post(first);
  };
  /** After a restart: a live call whose journal is known is replayed and taken up again; others go to a human. */
  const readopt = (found: LiveCall): void => {
    if (byChannel.has(found.channel)) return;
    const entries = found.call === null ? [] : deps.journal.read(found.call);
    const events = entries.filter(({ kind, type }) => kind === 'event' && type !== 'human.rung' && type !== 'call.ended');
    const [first, ...rest] = events.map(({ body }) => body as CallEvent);
    if (first === undefined || first.type !== 'call.arrived') {
      deps.phone.failOver(found.channel, options()).catch((error: unknown) => deps.log.error('call not failed over', { reason: String(error) }));
      return;
    }
    deps.log.info('call taken up again', { call: first.call });
    begin({ channel: found.channel, first, replay: rest, unsettled: unsettledIntent(entries) }).post({ type: 'call.readopted' });
  };
  const lookForLiveCalls = async (): Promise<void> => {
    const before = [...byChannel];
    const found = await deps.phone.liveCalls(options());
    const alive = new Set(found.map(({ channel }) => channel));
    for (const [channel, actor] of before) if (!alive.has(channel)) actor.post({ type: 'channel.hung_up', cause: 0 });
    for (const live of found) if (live.call !== null) readopt(live);
    // A call without an id may be one whose arrival is just being reported.
    await deps.clock.sleep(ARRIVAL_MS_MAX, { signal: scope.signal });
    for (const live of found) if (live.call === null) readopt(live);
  };
  return {
    live: () => byCall.size,
    onSwitchEvent: (event) => {
      switch (event.type) {
        case 'call.arrived':
          return byChannel.has(event.channel) ? undefined : arrived(event);
        case 'channel.hung_up':
          return byChannel.get(event.channel)?.post({ type: 'channel.hung_up', cause: event.cause });
        case 'dtmf.received':
          return byChannel.get(event.channel)?.post({ type: 'caller.pressed', digit: event.digit });
        case 'switch.connected':
          lookForLiveCalls().catch((error: unknown) => deps.log.error('live calls not read', { reason: String(error) }));
          return undefined;
        default:
          return undefined;
      }
    },
    onAudioEvent: (event) => {
      if (event.type === 'audio.restarted') {
        for (const actor of byCall.values()) actor.post({ type: 'leg.lost' });
        return;
      }
      const { call, ...rest } = event;
      byCall.get(call)?.post(rest.type === 'leg.lost' ? { type: 'leg.lost' } : rest);
    },
    drained: ({ signal }) =>
      new Promise((resolve) => {
        if (byCall.size === 0) return resolve();
        onEmpty = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        return undefined;
      }),
  };
}
