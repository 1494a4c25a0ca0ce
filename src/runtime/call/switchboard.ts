import { isAppError } from '../../base/app-error.ts';
import { asCallId } from '../../base/ids.ts';
import type { Scope } from '../../base/scope.ts';
import type { OwnBooking } from '../../domain/dialog/dialog.ts';
import type { AudioEvent } from '../../ports/call-audio.ts';
import type { SwitchEvent } from '../../ports/switch.ts';
import { callerLine } from './record.ts';
import type { CallDeps } from './deps.ts';
import { createLiveCalls, type LiveCalls } from './live-calls.ts';
import { promiseUntold } from './untold.ts';

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
      return [
        {
          op: row.op,
          service: payload.service,
          start: payload.start,
          name: payload.name,
          ageMinutes: Math.max(0, (deps.clock.epochMs() - row.acceptedAtEpochMs) / MINUTE_MS),
        },
      ];
    });
  } catch (error) {
    deps.log.warn('own bookings not read', { code: isAppError(error) ? error.code : 'unknown' });
    return [];
  }
}

/** After a (re)connection: calls that are gone have ended, calls without an actor are taken up again. Throws as the switch does. */
async function takeUp(deps: CallDeps, calls: LiveCalls, scope: Scope): Promise<void> {
  const before = calls.all();
  const found = await deps.phone.liveCalls({ signal: AbortSignal.timeout(SWITCH_MS_MAX) });
  const alive = new Set(found.map(({ channel }) => channel));
  for (const actor of before) if (!alive.has(actor.channel)) actor.post({ type: 'channel.hung_up', cause: 0 });
  for (const live of found) if (live.call !== null) calls.readopt(live);
  // A call without an id may be one whose arrival is just being reported.
  await deps.clock.sleep(ARRIVAL_MS_MAX, { signal: scope.signal });
  for (const live of found) if (live.call === null) calls.readopt(live);
}

/** After a (re)connection calls are taken up again, and nobody is left untold, also where the switch does not tell which calls go on. */
async function reconcile(deps: CallDeps, calls: LiveCalls, scope: Scope): Promise<void> {
  try {
    await takeUp(deps, calls, scope);
  } catch (error) {
    if (!scope.signal.aborted) deps.log.error('live calls not read', { reason: String(error) });
  }
  // Calls that an earlier daemon left behind are over now, unless they were taken up again.
  await promiseUntold({ live: calls.all().map(({ call }) => call) }, deps, scope);
}

function arrived(event: SwitchEvent & { type: 'call.arrived' }, deps: CallDeps, calls: LiveCalls, call: string): void {
  if (calls.byChannel(event.channel) !== undefined) return;
  const live = calls.all().length;
  if (live >= deps.settings.concurrentMax) {
    deps.log.warn('all lines are busy', { live });
    return calls.failOver(event.channel);
  }
  const { did, callerNumber, verstat } = event;
  const first = {
    type: 'call.arrived',
    call: asCallId(call),
    did,
    callerNumber,
    verstat,
    ownBookings: ownBookings(deps, callerLine(deps, callerNumber)),
  } as const;
  return calls.begin({ channel: event.channel, first, replay: [], unsettled: null }).post(first);
}

export function createSwitchboard(deps: CallDeps, scope: Scope, newCallId: () => string): Switchboard {
  const calls = createLiveCalls(deps, scope);
  return {
    live: () => calls.all().length,
    onSwitchEvent: (event) => {
      switch (event.type) {
        case 'call.arrived':
          return arrived(event, deps, calls, newCallId());
        case 'channel.hung_up':
          return calls.byChannel(event.channel)?.post({ type: 'channel.hung_up', cause: event.cause });
        case 'dtmf.received':
          return calls.byChannel(event.channel)?.post({ type: 'caller.pressed', digit: event.digit });
        case 'switch.connected':
          void reconcile(deps, calls, scope);
          return undefined;
        default:
          return undefined;
      }
    },
    onAudioEvent: (event) => {
      if (event.type === 'audio.restarted') {
        for (const actor of calls.all()) actor.post({ type: 'leg.lost' });
        return;
      }
      const { call, ...rest } = event;
      calls.byCall(call)?.post(rest.type === 'leg.lost' ? { type: 'leg.lost' } : rest);
    },
    drained: ({ signal }) =>
      new Promise((resolve) => {
        if (calls.all().length === 0) return resolve();
        calls.onEmpty(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
        return undefined;
      }),
  };
}
