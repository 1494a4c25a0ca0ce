import { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import { asChannelId, type ChannelId } from '../../ports/switch.ts';
import type { Logger } from '../../ports/logger.ts';
import type { AriClient } from './ari-client.ts';

const bridgeSchema = z.object({ id: z.string() });
/** Work on bridges happens outside of any call's scope; this bounds it, in milliseconds. */
const BRIDGE_WORK_MS_MAX = 5000;

interface Joined {
  bridge: string | null;
  leg: ChannelId | null;
  human: ChannelId | null;
}

/** Which channels belong together: a caller, its audio leg, and the human it was handed to. */
export interface Bridges {
  /** Registers a leg that will enter Stasis once the media process has connected; it is then joined with the caller. */
  expectLeg(caller: ChannelId, leg: ChannelId): void;
  legEntered(channel: ChannelId): void;
  channelGone(channel: ChannelId): void;
  /** Resolves when the human's channel answered (true) or ended (false). */
  awaitHuman(caller: ChannelId, human: ChannelId): Promise<boolean>;
}

async function joinLeg(ari: AriClient, caller: ChannelId, leg: ChannelId, joined: Joined): Promise<void> {
  const options = { signal: AbortSignal.timeout(BRIDGE_WORK_MS_MAX) };
  if (joined.bridge === null) {
    const answer = await ari.request({ method: 'POST', path: '/bridges', query: { type: 'mixing', name: `call-${caller}` } }, options);
    joined.bridge = bridgeSchema.parse(answer.body).id;
  }
  const answer = await ari.request(
    {
      method: 'POST',
      path: `/bridges/${joined.bridge}/addChannel`,
      query: { channel: `${caller},${leg}`, inhibitConnectedLineUpdates: 'true' },
    },
    options,
  );
  if (answer.status >= 400) throw new AppError('media_leg_failed', `bridge refused the leg with ${answer.status}`);
}

/** The human takes the leg's place: joined first, so that the caller never hears a gap, then the leg is ended. */
async function joinHuman(ari: AriClient, caller: ChannelId, human: ChannelId, joined: Joined): Promise<void> {
  const options = { signal: AbortSignal.timeout(BRIDGE_WORK_MS_MAX) };
  await ari.request({ method: 'POST', path: `/bridges/${joined.bridge ?? ''}/addChannel`, query: { channel: human } }, options);
  // A conversation between people is not cut by the dead-man's switch: four hours, as a cap.
  await ari.request(
    { method: 'POST', path: `/channels/${encodeURIComponent(caller)}/variable`, query: { variable: 'TIMEOUT(absolute)', value: '14400' } },
    options,
  );
  if (joined.leg !== null) await ari.request({ method: 'DELETE', path: `/channels/${encodeURIComponent(joined.leg)}` }, options);
}

export function createBridges(ari: AriClient, log: Logger): Bridges {
  const byCaller = new Map<ChannelId, Joined>();
  const callerOf = new Map<ChannelId, ChannelId>();
  const humans = new Map<ChannelId, (answered: boolean) => void>();
  const joinedOf = (caller: ChannelId): Joined => {
    const joined = byCaller.get(caller) ?? { bridge: null, leg: null, human: null };
    byCaller.set(caller, joined);
    return joined;
  };
  const drop = (path: string): void => {
    ari
      .request({ method: 'DELETE', path }, { signal: AbortSignal.timeout(BRIDGE_WORK_MS_MAX) })
      .catch((error: unknown) => log.debug('already gone', { path, reason: String(error) }));
  };
  const callerGone = (caller: ChannelId, joined: Joined): void => {
    byCaller.delete(caller);
    if (joined.bridge !== null) drop(`/bridges/${joined.bridge}`);
    for (const other of [joined.leg, joined.human]) {
      if (other === null) continue;
      callerOf.delete(other);
      humans.get(other)?.(false);
      humans.delete(other);
      drop(`/channels/${encodeURIComponent(other)}`);
    }
  };
  return {
    expectLeg: (caller, leg) => {
      const joined = joinedOf(caller);
      if (joined.leg !== null) callerOf.delete(joined.leg);
      joined.leg = leg;
      callerOf.set(leg, caller);
    },
    legEntered: (channel) => {
      const caller = callerOf.get(channel);
      if (caller === undefined) return;
      const joined = joinedOf(caller);
      const human = humans.get(channel);
      const work = human === undefined ? joinLeg(ari, caller, channel, joined) : joinHuman(ari, caller, channel, joined);
      work.then(
        () => human?.(true),
        (error: unknown) => {
          log.warn('channels could not be joined', { reason: String(error) });
          human?.(false);
        },
      );
      if (human !== undefined) humans.delete(channel);
    },
    channelGone: (channel) => {
      const own = byCaller.get(channel);
      if (own !== undefined) return callerGone(channel, own);
      humans.get(channel)?.(false);
      humans.delete(channel);
      const caller = callerOf.get(channel);
      callerOf.delete(channel);
      if (caller === undefined) return undefined;
      const joined = byCaller.get(caller);
      // The human hung up: the conversation is over for the caller as well.
      if (joined?.human === channel && joined.leg === null) drop(`/channels/${encodeURIComponent(caller)}`);
      if (joined?.leg === channel) joined.leg = null;
      if (joined?.human === channel) joined.human = null;
      return undefined;
    },
    awaitHuman: (caller, human) => {
      joinedOf(caller).human = asChannelId(human);
      callerOf.set(human, caller);
      return new Promise((resolve) => humans.set(human, resolve));
    },
  };
}
