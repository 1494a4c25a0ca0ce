import { randomInt, randomUUID } from 'node:crypto';
import { createCallLeg, type CallLeg } from './call-leg.ts';
import { EVENT_PAYLOAD_TYPE, type Codec } from './codec.ts';
import { acknowledge, dialogFromAnswer, type Dialog } from './dialog.ts';
import { answerChallenge, type Credentials } from './digest.ts';
import type { PhoneMedia } from './media.ts';
import { formatSdp, parseSdp } from './sdp.ts';
import { cseqOf, headerOf, type SipHeader, type SipMessage } from './sip-message.ts';
import { newTag, type ClientTransaction, type HostPort, type SipTransport } from './sip-transport.ts';

export interface OutgoingOptions {
  readonly transport: SipTransport;
  readonly media: PhoneMedia;
  readonly nowMs: () => number;
  readonly onOver: () => void;
  /** `sip:number@host:port`. */
  readonly target: string;
  readonly to: HostPort;
  /** The caller's number, or null to withhold it. */
  readonly from: string | null;
  readonly codec: Codec;
  readonly credentials: Credentials | null;
}

/** States of the INVITE; once it is `done` the leg lives by its dialog. */
type InviteState =
  | { readonly name: 'calling' }
  | { readonly name: 'ringing' }
  | { readonly name: 'cancelling' }
  | { readonly name: 'done' };

interface Attempt {
  readonly invite: SipMessage;
  readonly cseq: number;
  readonly transaction: ClientTransaction;
}

function fromHeader(from: string | null, host: string, tag: string): string {
  return from === null ? `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=${tag}` : `<sip:${from}@${host}>;tag=${tag}`;
}

function makeInvite(
  options: OutgoingOptions,
  ids: { readonly callId: string; readonly tag: string; readonly cseq: number },
  extra: readonly SipHeader[],
  body: string,
): SipMessage {
  const { transport } = options;
  return {
    start: { type: 'request', method: 'INVITE', uri: options.target },
    headers: [
      ['max-forwards', '70'],
      ['from', fromHeader(options.from, transport.host, ids.tag)],
      ['to', `<${options.target}>`],
      ['call-id', ids.callId],
      ['cseq', `${ids.cseq} INVITE`],
      ['contact', `<sip:phone@${transport.host}:${transport.port}>`],
      ['allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO'],
      ...(options.from === null ? ([['privacy', 'id']] as const) : []),
      ...extra,
      ['content-type', 'application/sdp'],
    ],
    body,
  };
}

/** ACK of a refusal and CANCEL belong to the INVITE's own transaction: same branch, same request line. */
function sameTransaction(method: 'ACK' | 'CANCEL', options: OutgoingOptions, attempt: Attempt, to: string): SipMessage {
  const kept = attempt.invite.headers.filter(([name]) => name === 'max-forwards' || name === 'from' || name === 'call-id');
  return {
    start: { type: 'request', method, uri: options.target },
    headers: [options.transport.via(attempt.transaction.branch), ...kept, ['to', to], ['cseq', `${attempt.cseq} ${method}`]],
    body: '',
  };
}

function offer(options: OutgoingOptions): string {
  return formatSdp({
    host: options.transport.host,
    port: options.media.port,
    codecs: [options.codec],
    eventPayloadType: EVENT_PAYLOAD_TYPE,
    session: randomInt(1, 2 ** 31),
  });
}

/** Places a call: INVITE with an offer, credentials when asked for, ACK, CANCEL (RFC 3261 §13, §9). */
export function placeCall(options: OutgoingOptions): CallLeg {
  const { transport, nowMs } = options;
  const callId = randomUUID();
  const tag = newTag();
  const body = offer(options);
  let state: InviteState = { name: 'calling' };
  let attempt: Attempt | null = null;
  let confirmed: { readonly dialog: Dialog; readonly cseq: number } | null = null;
  const cancelNow = (): void => {
    if (attempt !== null) transport.send(sameTransaction('CANCEL', options, attempt, `<${options.target}>`), options.to);
  };
  const leg = createCallLeg({
    transport,
    media: options.media,
    nowMs,
    callId,
    localTag: tag,
    onOver: options.onOver,
    answerBody: () => body,
    cancel: () => {
      // RFC 3261 §9.1: a CANCEL waits for the first provisional answer.
      if (state.name === 'ringing') cancelNow();
      if (state.name !== 'done') state = { name: 'cancelling' };
    },
  });
  const onRefused = (response: SipMessage, current: Attempt): void => {
    if (response.start.type !== 'response') return;
    transport.send(sameTransaction('ACK', options, current, headerOf(response, 'to')), options.to);
    const { status, reason } = response.start;
    const challenge = headerOf(response, status === 401 ? 'www-authenticate' : 'proxy-authenticate');
    if ((status === 401 || status === 407) && current.cseq === 1 && options.credentials !== null && challenge !== '') {
      const value = answerChallenge({ method: 'INVITE', uri: options.target, challenge, credentials: options.credentials });
      return invite(2, [[status === 401 ? 'authorization' : 'proxy-authorization', value]]);
    }
    if (cseqOf(response).number !== attempt?.cseq) return;
    const cancelled = state.name === 'cancelling';
    state = { name: 'done' };
    leg.end(cancelled ? 'local' : 'remote', status, reason);
  };
  const onAccepted = (response: SipMessage, cseq: number): void => {
    if (confirmed !== null) return acknowledge(transport, confirmed.dialog, confirmed.cseq);
    const dialog = dialogFromAnswer(response, options.to);
    confirmed = { dialog, cseq };
    acknowledge(transport, dialog, cseq);
    const cancelled = state.name === 'cancelling';
    state = { name: 'done' };
    leg.establish(dialog, parseSdp(response.body));
    // The answer crossed our CANCEL: the call is up and has to be ended as such.
    if (cancelled) void leg.handle.hangUp();
    return undefined;
  };
  const onProvisional = (response: SipMessage): void => {
    const early = parseSdp(response.body);
    if (early !== null) leg.earlyMedia(early);
    if (state.name === 'cancelling') cancelNow();
    else if (state.name === 'calling') state = { name: 'ringing' };
  };
  const invite = (cseq: number, extra: readonly SipHeader[]): void => {
    const message = makeInvite(options, { callId, tag, cseq }, extra, body);
    const transaction = transport.request(message, options.to, (response) => {
      if (response === 'timeout') return leg.end('remote', 408, 'no answer from the switch');
      const status = response.start.type === 'response' ? response.start.status : 0;
      if (status < 200) return onProvisional(response);
      return status < 300 ? onAccepted(response, cseq) : onRefused(response, { invite: message, cseq, transaction });
    });
    attempt = { invite: message, cseq, transaction };
  };
  invite(1, []);
  return leg;
}
