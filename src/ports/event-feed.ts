import type { CallId } from '../base/ids.ts';

/**
 * What happens in calls, for those who watch on this machine (demo, `calls watch`, simulations). Carries what was said, so the
 * socket behind it is the owner's alone; nothing of it is stored.
 */
export type FeedEvent =
  | { readonly type: 'call.started'; readonly call: CallId; readonly callerNumber: string | null; readonly did: string }
  | {
      readonly type: 'agent.utterance';
      readonly call: CallId;
      readonly utterance: string;
      readonly kind: string;
      readonly template: string;
      readonly asks: string | null;
      readonly text: string;
    }
  | { readonly type: 'agent.speech_started'; readonly call: CallId; readonly utterance: string; readonly atMs: number }
  | {
      readonly type: 'agent.speech_ended';
      readonly call: CallId;
      readonly utterance: string;
      readonly heardText: string;
      readonly extent: 'full' | 'partial' | 'skipped';
    }
  | {
      readonly type: 'caller.turn';
      readonly call: CallId;
      readonly turn: number;
      readonly text: string;
      readonly act: string | null;
      readonly endpointMs: number;
    }
  | { readonly type: 'op.changed'; readonly call: CallId; readonly op: string; readonly kind: string; readonly state: string }
  | { readonly type: 'human.ringing'; readonly call: CallId; readonly context: string }
  | { readonly type: 'call.ended'; readonly call: CallId; readonly outcome: string };

export interface EventFeed {
  /** Never waits: watchers that do not read are dropped. `atEpochMs` is added. */
  publish(event: FeedEvent): void;
}
