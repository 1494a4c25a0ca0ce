import type { CallId } from '../base/ids.ts';

/** A channel of the switch: one leg of a telephone call. */
export type ChannelId = string & { readonly __brand: 'ChannelId' };
export const asChannelId = (value: string): ChannelId => value as ChannelId;

/** Where the media process finds the audio of a call. */
export type LegAddress =
  | { readonly transport: 'asterisk_websocket'; readonly url: string }
  | { readonly transport: 'memory'; readonly id: string };

export type SwitchEvent =
  | {
      readonly type: 'call.arrived';
      readonly channel: ChannelId;
      readonly did: string;
      readonly callerNumber: string | null;
      readonly trunk: string | null;
      readonly verstat: string | null;
    }
  | { readonly type: 'channel.hung_up'; readonly channel: ChannelId; readonly cause: number }
  | { readonly type: 'channel.answered'; readonly channel: ChannelId }
  | { readonly type: 'dtmf.received'; readonly channel: ChannelId; readonly digit: string }
  /** Events may have been lost in between; live calls must be looked at again. */
  | { readonly type: 'switch.connected'; readonly version: string }
  | { readonly type: 'switch.disconnected' };

/** A call found on the switch after a restart of the daemon. */
export interface LiveCall {
  readonly channel: ChannelId;
  readonly call: CallId | null;
  readonly did: string;
  readonly callerNumber: string | null;
}

export interface SwitchLeg {
  readonly channel: ChannelId;
  readonly address: LegAddress;
  readonly codec: string;
}

type Options = { readonly signal: AbortSignal };

/**
 * Call control. Every method observes `signal`, and throws `ari_request_failed`, `ari_unauthorized` or `timed_out`; operations on a
 * channel that is gone resolve to `gone` where the type says so, since a caller may hang up at any moment.
 */
export interface Switch {
  /** Connects and keeps connecting (bounded back-off) until `signal` aborts. Throws at once on `ari_unauthorized` or `asterisk_too_old`. */
  start(options: Options & { readonly onEvent: (event: SwitchEvent) => void }): Promise<void>;
  answer(channel: ChannelId, options: Options): Promise<'done' | 'gone'>;
  /** Creates the audio leg of a call and joins it with the caller in a bridge. */
  openLeg(channel: ChannelId, call: CallId, options: Options): Promise<SwitchLeg | 'gone'>;
  /** Refreshes the dead-man's switch: the switch takes the call over when this stops for `limitS` seconds (0 disarms). */
  keepAlive(channel: ChannelId, limitS: number, options: Options): Promise<'done' | 'gone'>;
  hangUp(channel: ChannelId, options: Options): Promise<void>;
  /** Rings a human at a configured endpoint; resolves when they answered or nobody did. The context travels as a SIP header. */
  ringHuman(request: HumanRing, options: Options): Promise<'answered' | 'nobody'>;
  /** Live calls of this application, for re-adoption. */
  liveCalls(options: Options): Promise<readonly LiveCall[]>;
  /** Gives the caller to the switch's own human/voicemail dialplan. */
  failOver(channel: ChannelId, options: Options): Promise<void>;
  close(): Promise<void>;
}

export interface HumanRing {
  readonly channel: ChannelId;
  readonly endpoint: string;
  readonly callerNumber: string | null;
  readonly ringTimeoutMs: number;
  /** Conversation so far, for the human: passed as reference in a header, never as text in logs. */
  readonly context: string;
}
