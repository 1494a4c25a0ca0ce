import { headerOf, headersOf, hostPortOf, paramOf, uriOf, type SipHeader, type SipMessage } from './sip-message.ts';
import { newBranch, type HostPort, type SipTransport } from './sip-transport.ts';

/** A SIP dialog (RFC 3261 §12): who talks to whom, and through which proxies. */
export interface Dialog {
  readonly callId: string;
  /** `From` value of our requests, with our tag. */
  readonly local: string;
  /** `To` value of our requests, with the other side's tag. */
  readonly remote: string;
  readonly remoteTarget: string;
  readonly routes: readonly string[];
  readonly nextHop: HostPort;
}

const MAX_FORWARDS = '70';

function nextHop(routes: readonly string[], target: string, fallback: HostPort): HostPort {
  return hostPortOf(uriOf(routes[0] ?? target)) ?? fallback;
}

/** The dialog that the answer to our INVITE makes. */
export function dialogFromAnswer(answer: SipMessage, fallback: HostPort): Dialog {
  const routes = headersOf(answer, 'record-route').toReversed();
  const remoteTarget = uriOf(headerOf(answer, 'contact'));
  return {
    callId: headerOf(answer, 'call-id'),
    local: headerOf(answer, 'from'),
    remote: headerOf(answer, 'to'),
    remoteTarget,
    routes,
    nextHop: nextHop(routes, remoteTarget, fallback),
  };
}

/** The dialog that an INVITE which we answered with `localTag` makes. */
export function dialogFromInvite(invite: SipMessage, localTag: string, fallback: HostPort): Dialog {
  const routes = headersOf(invite, 'record-route');
  const remoteTarget = uriOf(headerOf(invite, 'contact'));
  const to = headerOf(invite, 'to');
  const local = paramOf(to, 'tag') === '' ? `${to};tag=${localTag}` : to;
  return {
    callId: headerOf(invite, 'call-id'),
    local,
    remote: headerOf(invite, 'from'),
    remoteTarget,
    routes,
    nextHop: nextHop(routes, remoteTarget, fallback),
  };
}

/** A request within a dialog, without its Via. */
export function requestIn(dialog: Dialog, method: string, cseq: number): SipMessage {
  return {
    start: { type: 'request', method, uri: dialog.remoteTarget },
    headers: [
      ...dialog.routes.map((route): SipHeader => ['route', route]),
      ['max-forwards', MAX_FORWARDS],
      ['from', dialog.local],
      ['to', dialog.remote],
      ['call-id', dialog.callId],
      ['cseq', `${cseq} ${method}`],
    ],
    body: '',
  };
}

/** Acknowledges a 2xx: a transaction of its own, sent again for every repeat of the answer. */
export function acknowledge(transport: SipTransport, dialog: Dialog, cseq: number): void {
  const ack = requestIn(dialog, 'ACK', cseq);
  transport.send({ ...ack, headers: [transport.via(newBranch()), ...ack.headers] }, dialog.nextHop);
}
