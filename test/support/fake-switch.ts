import type { CallId } from '../../src/base/ids.ts';
import { AppError } from '../../src/base/app-error.ts';
import { asChannelId, type ChannelId, type Switch, type SwitchEvent } from '../../src/ports/switch.ts';

interface FakeChannel {
  readonly did: string;
  readonly callerNumber: string | null;
  call: CallId | null;
  isAnswered: boolean;
}

export interface FakeSwitch extends Switch {
  /** A caller dials; gives the channel. */
  dial(call: { readonly did: string; readonly from: string | null }): ChannelId;
  /** The caller hangs up. */
  hangUpCaller(channel: ChannelId): void;
  press(channel: ChannelId, digit: string): void;
  /** What was asked of the switch, for tests that look at it. */
  readonly refreshes: { readonly channel: ChannelId; readonly limitS: number }[];
  readonly failedOver: ChannelId[];
}

/** A switch in memory. `people` tells whether somebody answers; `password` refuses a start when wrong. */
export function createFakeSwitch(options: { readonly people?: 'answers' | 'nobody'; readonly refused?: boolean } = {}): FakeSwitch {
  const channels = new Map<ChannelId, FakeChannel>();
  let emit: (event: SwitchEvent) => void = () => undefined;
  let last = 0;
  const refreshes: { readonly channel: ChannelId; readonly limitS: number }[] = [];
  const failedOver: ChannelId[] = [];
  const end = (channel: ChannelId): void => {
    if (channels.delete(channel)) emit({ type: 'channel.hung_up', channel, cause: 16 });
  };
  return {
    refreshes,
    failedOver,
    start: ({ onEvent }) => {
      if (options.refused === true) return Promise.reject(new AppError('ari_unauthorized', 'refused'));
      emit = onEvent;
      emit({ type: 'switch.connected', version: '22.10.1' });
      return Promise.resolve();
    },
    answer: (channel) => {
      const known = channels.get(channel);
      if (known === undefined) return Promise.resolve('gone');
      known.isAnswered = true;
      return Promise.resolve('done');
    },
    openLeg: (channel, call) => {
      const known = channels.get(channel);
      if (known === undefined) return Promise.resolve('gone');
      known.call = call;
      return Promise.resolve({ channel: asChannelId(`leg-${channel}`), address: { transport: 'memory', id: call }, codec: 'slin' });
    },
    keepAlive: (channel, limitS) => {
      if (!channels.has(channel)) return Promise.resolve('gone');
      refreshes.push({ channel, limitS });
      return Promise.resolve('done');
    },
    hangUp: (channel) => {
      end(channel);
      return Promise.resolve();
    },
    ringHuman: () => Promise.resolve(options.people === 'answers' ? 'answered' : 'nobody'),
    liveCalls: () => Promise.resolve([...channels].map(([channel, { did, callerNumber, call }]) => ({ channel, call, did, callerNumber }))),
    failOver: (channel) => {
      failedOver.push(channel);
      end(channel);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
    dial: ({ did, from }) => {
      last += 1;
      const channel = asChannelId(`channel-${last}`);
      channels.set(channel, { did, callerNumber: from, call: null, isAnswered: false });
      emit({ type: 'call.arrived', channel, did, callerNumber: from, trunk: 'fake', verstat: null });
      return channel;
    },
    hangUpCaller: end,
    press: (channel, digit) => emit({ type: 'dtmf.received', channel, digit }),
  };
}
