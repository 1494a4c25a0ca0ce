import { randomInt } from 'node:crypto';
import { createCallLeg, type CallHandle, type CallLeg } from './call-leg.ts';
import type { Codec } from './codec.ts';
import { dialogFromInvite } from './dialog.ts';
import type { PhoneMedia } from './media.ts';
import { formatSdp, type RemoteAudio } from './sdp.ts';
import { headerOf, type SipHeader, type SipMessage } from './sip-message.ts';
import { newTag, type HostPort, type SipTransport } from './sip-transport.ts';

/** A call that rings here. Exactly one of `answer` and `refuse` is to be called; the caller may give up before. */
export interface IncomingCall {
  readonly callId: string;
  /** Value of any header of the INVITE; empty when absent. */
  header(name: string): string;
  readonly handle: CallHandle;
  answer(): void;
  refuse(status: 486 | 480 | 603): void;
}

export interface IncomingOptions {
  readonly transport: SipTransport;
  readonly media: PhoneMedia;
  readonly nowMs: () => number;
  readonly onOver: () => void;
  readonly invite: SipMessage;
  readonly from: HostPort;
  readonly remote: RemoteAudio;
  readonly codec: Codec;
}

const REASONS = { 486: 'Busy Here', 480: 'Temporarily Unavailable', 603: 'Decline' } as const;
/** RFC 3261 §13.3.1.4: the answer is repeated until it is acknowledged. */
const ANSWER_REPEAT_MS = 500;
const ANSWER_REPEATS_MAX = 8;

type RingState = 'ringing' | 'answered' | 'acknowledged' | 'over';

/** Rings, answers and ends one incoming call. Requests of its dialog come in through `onRequest`. */
export function receiveCall(options: IncomingOptions): {
  readonly leg: CallLeg;
  readonly incoming: IncomingCall;
  onRequest(request: SipMessage): void;
} {
  const { transport, invite, remote } = options;
  const tag = newTag();
  const session = randomInt(1, 2 ** 31);
  let state: RingState = 'ringing';
  const answerBody = (): string =>
    formatSdp({
      host: transport.host,
      port: options.media.port,
      codecs: [options.codec],
      eventPayloadType: remote.eventPayloadType,
      session,
    });
  const respond = (status: number, reason: string): void => transport.respond(invite, { status, reason, toTag: tag });
  const endLocally = (status: 486 | 480 | 603): void => {
    state = 'over';
    respond(status, REASONS[status]);
    leg.end('local', status, REASONS[status]);
  };
  const leg = createCallLeg({
    ...options,
    callId: headerOf(invite, 'call-id'),
    localTag: tag,
    answerBody,
    cancel: () => endLocally(603),
  });
  const contact: readonly SipHeader[] = [['contact', `<sip:phone@${transport.host}:${transport.port}>`]];
  const sendAnswer = (left: number): void => {
    if (state !== 'answered' || left === 0) return;
    const headers = [...contact, ['content-type', 'application/sdp'] as const];
    transport.respond(invite, { status: 200, reason: 'OK', toTag: tag, headers, body: answerBody() });
    setTimeout(() => sendAnswer(left - 1), ANSWER_REPEAT_MS).unref();
  };
  transport.respond(invite, { status: 180, reason: 'Ringing', toTag: tag, headers: contact });
  const incoming: IncomingCall = {
    callId: headerOf(invite, 'call-id'),
    header: (name) => headerOf(invite, name.toLowerCase()),
    handle: leg.handle,
    answer: () => {
      if (state !== 'ringing') return;
      state = 'answered';
      sendAnswer(ANSWER_REPEATS_MAX);
      leg.establish(dialogFromInvite(invite, tag, options.from), remote);
    },
    refuse: (status) => {
      if (state === 'ringing') endLocally(status);
    },
  };
  return {
    leg,
    incoming,
    onRequest: (request) => {
      const method = request.start.type === 'request' ? request.start.method : '';
      if (method === 'ACK' && state === 'answered') state = 'acknowledged';
      if (method !== 'CANCEL') return leg.onRequest(request);
      transport.respond(request, { status: 200, reason: 'OK', toTag: tag });
      if (state !== 'ringing') return undefined;
      state = 'over';
      respond(487, 'Request Terminated');
      return leg.end('remote', 487, 'the caller gave up');
    },
  };
}
