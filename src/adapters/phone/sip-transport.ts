import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { cseqOf, formatSip, headerOf, hostPortOf, paramOf, parseSip, uriOf, type SipHeader, type SipMessage } from './sip-message.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** RFC 3261 §17: first and longest time between repeats of a request, and when to give up. */
const T1_MS = 500;
const T2_MS = 4000;
const TRANSACTION_MS_MAX = 32_000;
/** Answers kept for requests that come again. */
const ANSWERS_KEPT_MAX = 500;

export const newTag = (): string => randomBytes(6).toString('hex');

export interface ClientTransaction {
  readonly branch: string;
  /** No more repeats, no more answers. */
  end(): void;
}

export interface SipTransport extends HostPort {
  /** Sends a request (its Via is added) and repeats it until an answer comes. `onResponse` also gets repeated final answers. */
  request(request: SipMessage, to: HostPort, onResponse: (response: SipMessage | 'timeout') => void): ClientTransaction;
  /** Sends something that gets no answer (ACK), or that has its Via already (CANCEL goes with the branch of its INVITE). */
  send(message: SipMessage, to: HostPort): void;
  /** Answers a request; the same answer is given when the request comes again. */
  respond(
    request: SipMessage,
    answer: {
      readonly status: number;
      readonly reason: string;
      readonly toTag: string;
      readonly headers?: readonly SipHeader[];
      readonly body?: string;
    },
  ): void;
  via(branch: string): SipHeader;
  close(): void;
}

export const newBranch = (): string => `z9hG4bK${randomBytes(9).toString('hex')}`;

const transactionKey = (message: SipMessage): string => `${paramOf(headerOf(message, 'via'), 'branch')}|${cseqOf(message).method}`;

interface Pending {
  readonly onResponse: (response: SipMessage | 'timeout') => void;
  readonly isInvite: boolean;
  timer: NodeJS.Timeout | undefined;
}

function answerMessage(request: SipMessage, answer: Parameters<SipTransport['respond']>[1]): SipMessage {
  const copied = request.headers.filter(
    ([name]) => name === 'via' || name === 'from' || name === 'call-id' || name === 'cseq' || name === 'record-route',
  );
  const to = headerOf(request, 'to');
  const tagged = paramOf(to, 'tag') === '' && answer.status > 100 ? `${to};tag=${answer.toTag}` : to;
  return {
    start: { type: 'response', status: answer.status, reason: answer.reason },
    headers: [...copied, ['to', tagged], ...(answer.headers ?? [])],
    body: answer.body ?? '',
  };
}

/** The address a response goes to: where the request came from, as the topmost Via says (RFC 3581 `rport` included). */
function viaAddress(message: SipMessage): HostPort | null {
  const via = headerOf(message, 'via');
  const sentBy = hostPortOf(`sip:${via.split(/\s+/)[1]?.split(';')[0] ?? ''}`);
  if (sentBy === null) return null;
  const received = paramOf(via, 'received');
  const rport = paramOf(via, 'rport');
  return { host: received === '' ? sentBy.host : received, port: rport === '' ? sentBy.port : Number(rport) };
}

/** Sends a request and repeats it (RFC 3261 §17.1) until it is answered or given up. */
function startTransaction(
  deps: { readonly pending: Map<string, Pending>; readonly send: SipTransport['send'] },
  message: SipMessage,
  to: HostPort,
  onAnswer: Pending['onResponse'],
): ClientTransaction {
  const { pending, send } = deps;
  const key = transactionKey(message);
  const waiting: Pending = { onResponse: onAnswer, isInvite: cseqOf(message).method === 'INVITE', timer: undefined };
  pending.set(key, waiting);
  const end = (): void => {
    clearTimeout(waiting.timer);
    pending.delete(key);
  };
  const repeat = (delayMs: number, elapsedMs: number): void => {
    waiting.timer = setTimeout(() => {
      if (elapsedMs + delayMs >= TRANSACTION_MS_MAX) {
        end();
        return onAnswer('timeout');
      }
      send(message, to);
      return repeat(waiting.isInvite ? delayMs * 2 : Math.min(delayMs * 2, T2_MS), elapsedMs + delayMs);
    }, delayMs);
  };
  send(message, to);
  repeat(T1_MS, 0);
  return { branch: paramOf(headerOf(message, 'via'), 'branch'), end };
}

/** A UDP socket that speaks SIP: repeats requests until they are answered, and answers repeated requests alike. */
export async function openSipTransport(options: {
  readonly host: string;
  readonly port?: number;
  readonly onRequest: (request: SipMessage, from: HostPort) => void;
}): Promise<SipTransport> {
  const socket = createSocket({ type: 'udp4' });
  socket.bind(options.port ?? 0, options.host);
  await once(socket, 'listening');
  const port = socket.address().port;
  const pending = new Map<string, Pending>();
  const answers = new Map<string, SipMessage>();
  let closed = false;
  const send = (message: SipMessage, to: HostPort): void => {
    if (!closed) socket.send(formatSip(message), to.port, to.host, () => undefined);
  };
  const via = (branch: string): SipHeader => ['via', `SIP/2.0/UDP ${options.host}:${port};branch=${branch};rport`];
  const onResponse = (response: SipMessage, key: string): void => {
    const waiting = pending.get(key);
    if (waiting === undefined || response.start.type !== 'response') return;
    if (response.start.status >= 200 || waiting.isInvite) clearTimeout(waiting.timer);
    waiting.onResponse(response);
  };
  socket.on('message', (bytes, from) => {
    const message = parseSip(bytes.toString('utf8'));
    if (message === null) return;
    const key = transactionKey(message);
    if (message.start.type === 'response') return onResponse(message, key);
    const known = answers.get(key);
    if (known !== undefined && message.start.method !== 'ACK')
      return send(known, viaAddress(message) ?? { host: from.address, port: from.port });
    options.onRequest(message, { host: from.address, port: from.port });
  });
  socket.on('error', () => undefined);
  return {
    host: options.host,
    port,
    via,
    send,
    request: (request, to, onAnswer) =>
      startTransaction({ pending, send }, { ...request, headers: [via(newBranch()), ...request.headers] }, to, onAnswer),
    respond: (request, answer) => {
      const message = answerMessage(request, answer);
      answers.set(transactionKey(request), message);
      if (answers.size > ANSWERS_KEPT_MAX) answers.delete(answers.keys().next().value ?? '');
      const to = viaAddress(request);
      if (to !== null) send(message, to);
    },
    close: () => {
      if (closed) return;
      closed = true;
      for (const waiting of pending.values()) clearTimeout(waiting.timer);
      pending.clear();
      socket.close();
    },
  };
}

/** Where a request with this address goes. */
export function targetOf(address: string): HostPort | null {
  return hostPortOf(uriOf(address));
}
