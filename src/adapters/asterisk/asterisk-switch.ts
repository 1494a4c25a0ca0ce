import { z } from 'zod';
import { asCallId, type CallId } from '../../base/ids.ts';
import type { Logger } from '../../ports/logger.ts';
import { asChannelId, type ChannelId, type LiveCall, type Switch, type SwitchEvent, type SwitchLeg } from '../../ports/switch.ts';
import { createAriClient, isGone, type AriAddress, type AriClient } from './ari-client.ts';
import { ariChannelSchema, followAriEvents, type AriEvent } from './ari-events.ts';
import { createBridges, type Bridges } from './bridges.ts';
import { ringHuman } from './human-leg.ts';

/** The Stasis application that the dialplan hands callers to, and the one that media legs and human legs enter. */
export const APP_CALLERS = 'vestibule';
export const APP_LEGS = 'vestibule-legs';
/** Channel variable that ties a channel to its call, for re-adoption after a restart. */
const CALL_VARIABLE = 'VESTIBULE_CALL';
/** Audio of the media leg: signed 16-bit at 8 kHz, the rate of the starter pack (docs/decisions/0004-narrowband-leg.md). */
const LEG_FORMAT = 'slin';
type Options = { readonly signal: AbortSignal };

const infoSchema = z.object({ system: z.object({ version: z.string() }) });
const legSchema = z.object({ id: z.string(), channelvars: z.object({ MEDIA_WEBSOCKET_CONNECTION_ID: z.string() }) });
const variableSchema = z.object({ value: z.string() });

const at = (channel: ChannelId): string => `/channels/${encodeURIComponent(channel)}`;

async function readVariable(ari: AriClient, channel: ChannelId, variable: string, options: Options): Promise<string | null> {
  const answer = await ari.request({ method: 'GET', path: `${at(channel)}/variable`, query: { variable } }, options);
  const parsed = variableSchema.safeParse(answer.body);
  return parsed.success && parsed.data.value !== '' ? parsed.data.value : null;
}

async function readVersion(ari: AriClient, options: Options): Promise<string> {
  const answer = await ari.request({ method: 'GET', path: '/asterisk/info', query: { only: 'system' } }, options);
  return infoSchema.parse(answer.body).system.version;
}

function callerOf(
  event: AriEvent & { type: 'StasisStart' },
): Pick<SwitchEvent & { type: 'call.arrived' }, 'channel' | 'did' | 'callerNumber' | 'trunk'> {
  const number = event.channel.caller.number;
  return {
    channel: asChannelId(event.channel.id),
    did: event.args[0] ?? event.channel.dialplan.exten,
    callerNumber: /^\+?\d{3,20}$/.test(number) ? number : null,
    trunk: /^PJSIP\/(.+)-[0-9a-f]+$/.exec(event.channel.name)?.[1] ?? null,
  };
}

/** Turns an ARI event into what the daemon knows; leg events are handled by the bridges. */
async function translate(
  event: AriEvent,
  deps: { readonly ari: AriClient; readonly bridges: Bridges; readonly emit: (event: SwitchEvent) => void },
  options: Options,
): Promise<void> {
  switch (event.type) {
    case 'StasisStart': {
      if (event.application !== APP_CALLERS) return deps.bridges.legEntered(asChannelId(event.channel.id));
      const verstat = await readVariable(deps.ari, asChannelId(event.channel.id), 'SS_RESULT', options);
      return deps.emit({ type: 'call.arrived', ...callerOf(event), verstat });
    }
    case 'ChannelDtmfReceived':
      return deps.emit({ type: 'dtmf.received', channel: asChannelId(event.channel.id), digit: event.digit });
    case 'StasisEnd':
    case 'ChannelDestroyed': {
      const channel = asChannelId(event.channel.id);
      deps.bridges.channelGone(channel);
      return deps.emit({ type: 'channel.hung_up', channel, cause: event.type === 'ChannelDestroyed' ? event.cause : 16 });
    }
    default:
      return undefined;
  }
}

async function findLiveCalls(ari: AriClient, options: Options): Promise<readonly LiveCall[]> {
  const answer = await ari.request({ method: 'GET', path: '/channels' }, options);
  const channels = z.array(ariChannelSchema).parse(answer.body);
  const mine = channels.filter(({ dialplan }) => dialplan.app_name === 'Stasis' && (dialplan.app_data ?? '').startsWith(`${APP_CALLERS},`));
  return Promise.all(
    mine.map(async (channel) => {
      const id = asChannelId(channel.id);
      const call = await readVariable(ari, id, CALL_VARIABLE, options).catch(() => null);
      return {
        channel: id,
        call: call === null ? null : asCallId(call),
        did: channel.dialplan.exten,
        callerNumber: /^\+?\d{3,20}$/.test(channel.caller.number) ? channel.caller.number : null,
      };
    }),
  );
}

async function createLeg(ari: AriClient, address: AriAddress, call: CallId, options: Options): Promise<SwitchLeg> {
  const answer = await ari.request(
    {
      method: 'POST',
      path: '/channels/externalMedia',
      body: {
        app: APP_LEGS,
        transport: 'websocket',
        encapsulation: 'none',
        connection_type: 'server',
        format: LEG_FORMAT,
        transport_data: 'f(json)',
        variables: { [CALL_VARIABLE]: call },
      },
    },
    options,
  );
  const leg = legSchema.parse(answer.body);
  const url = `ws://${address.host}:${address.port}/media/${leg.channelvars.MEDIA_WEBSOCKET_CONNECTION_ID}`;
  return { channel: asChannelId(leg.id), address: { transport: 'asterisk_websocket', url }, codec: LEG_FORMAT };
}

export interface AsteriskSwitchOptions {
  readonly address: AriAddress;
  /** Throws `asterisk_too_old` for a version that must not answer calls. */
  readonly assertVersion: (version: string) => void;
  readonly log: Logger;
}

/** Asterisk behind the `Switch` port: events over one inbound WebSocket, commands over keep-alive HTTP. */
export function createAsteriskSwitch(options: AsteriskSwitchOptions): Switch {
  const { address, log } = options;
  const ari = createAriClient(address, log);
  const bridges = createBridges(ari, log);
  const setVariable = (channel: ChannelId, variable: string, value: string, request: Options) =>
    ari.request({ method: 'POST', path: `${at(channel)}/variable`, query: { variable, value } }, request);
  return {
    start: async ({ signal, onEvent }) => {
      const version = await readVersion(ari, { signal });
      options.assertVersion(version);
      const connected = Promise.withResolvers<void>();
      const emit = (event: SwitchEvent): void => onEvent(event);
      followAriEvents({
        address,
        apps: [APP_CALLERS, APP_LEGS],
        signal,
        log,
        onConnected: () => {
          emit({ type: 'switch.connected', version });
          connected.resolve();
        },
        onLost: () => emit({ type: 'switch.disconnected' }),
        onEvent: (event) => {
          translate(event, { ari, bridges, emit }, { signal }).catch((error: unknown) =>
            log.warn('ari event not handled', { type: event.type, reason: String(error) }),
          );
        },
      });
      await connected.promise;
    },
    answer: async (channel, request) =>
      isGone(await ari.request({ method: 'POST', path: `${at(channel)}/answer` }, request)) ? 'gone' : 'done',
    openLeg: async (channel, call, request) => {
      if (isGone(await setVariable(channel, CALL_VARIABLE, call, request))) return 'gone';
      const leg = await createLeg(ari, address, call, request);
      bridges.expectLeg(channel, leg.channel);
      return leg;
    },
    keepAlive: async (channel, limitS, request) =>
      isGone(await setVariable(channel, 'TIMEOUT(absolute)', String(limitS), request)) ? 'gone' : 'done',
    hangUp: async (channel, request) => {
      await ari.request({ method: 'DELETE', path: at(channel), query: { reason_code: 16 } }, request);
    },
    ringHuman: (request, call) => ringHuman({ ari, bridges, log }, request, call),
    liveCalls: (request) => findLiveCalls(ari, request),
    failOver: async (channel, request) => {
      await ari.request(
        { method: 'POST', path: `${at(channel)}/continue`, query: { context: 'human', extension: 's', priority: 1 } },
        request,
      );
    },
    close: () => ari.close(),
  };
}
