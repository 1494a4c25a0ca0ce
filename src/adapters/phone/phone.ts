import { randomInt } from 'node:crypto';
import { AppError } from '../../base/app-error.ts';
import { throwIfAborted } from '../../base/scope.ts';
import type { CallHandle, CallLeg } from './call-leg.ts';
import type { Credentials } from './digest.ts';
import { receiveCall, type IncomingCall } from './incoming-call.ts';
import { CLEAN_LINE, type Line } from './line.ts';
import { openMedia } from './media.ts';
import { placeCall } from './outgoing-call.ts';
import { holdRegistration, type Registration } from './registration.ts';
import { parseSdp } from './sdp.ts';
import { headerOf, type SipMessage } from './sip-message.ts';
import { newTag, openSipTransport, targetOf, type HostPort, type SipTransport } from './sip-transport.ts';

export interface CallOptions {
  /** `sip:number@host:port`; the host must be an address. */
  readonly target: string;
  /** The caller's number, or null to withhold it. */
  readonly from: string | null;
  readonly line?: Line;
  readonly credentials?: Credentials;
  /** Seed of the line's noise and loss; random when absent. */
  readonly seed?: number;
  /** Hangs up when it aborts. */
  readonly signal: AbortSignal;
}

/** A telephone: places and takes SIP calls over UDP and says when which sample was sent and received. */
export interface Phone {
  readonly host: string;
  readonly port: number;
  /** Milliseconds of the clock that all times of this phone are told by; never jumps. */
  nowMs(): number;
  /** The wall clock's reading at a moment of the phone's clock. */
  toEpochMs(atMs: number): number;
  call(options: CallOptions): Promise<CallHandle>;
  register(options: { readonly registrar: HostPort; readonly credentials: Credentials }): Promise<Registration>;
  /** Hangs up everything and closes the socket; registrations are removed first. */
  close(): Promise<void>;
}

export interface PhoneOptions {
  readonly bindHost: string;
  /** Called for every call that rings here; without it calls are refused as busy. */
  readonly onIncoming?: (call: IncomingCall) => void;
  /** Line of incoming calls. */
  readonly line?: Line;
}

/** Calls of one phone at the same time. */
const CALLS_MAX = 20;

interface LiveCall {
  readonly leg: CallLeg;
  onRequest(request: SipMessage): void;
}

type Calls = Map<string, LiveCall>;

const nowMs = (): number => performance.now();

async function ring(
  transport: SipTransport,
  calls: Calls,
  options: PhoneOptions,
  call: { readonly invite: SipMessage; readonly from: HostPort },
): Promise<void> {
  const { invite, from } = call;
  const callId = headerOf(invite, 'call-id');
  const remote = parseSdp(invite.body);
  const line = options.line ?? CLEAN_LINE;
  const codec = remote?.codecs.find((known) => known === line.codec) ?? remote?.codecs[0];
  if (options.onIncoming === undefined || calls.size >= CALLS_MAX)
    return transport.respond(invite, { status: 486, reason: 'Busy Here', toTag: newTag() });
  if (remote === null || codec === undefined)
    return transport.respond(invite, { status: 488, reason: 'Not Acceptable Here', toTag: newTag() });
  transport.respond(invite, { status: 100, reason: 'Trying', toTag: '' });
  const media = await openMedia({ host: options.bindHost, line: { ...line, codec }, seed: randomInt(2 ** 31), nowMs });
  const ringing = receiveCall({ transport, media, nowMs, invite, from, remote, codec, onOver: () => calls.delete(callId) });
  calls.set(callId, { leg: ringing.leg, onRequest: ringing.onRequest });
  return options.onIncoming(ringing.incoming);
}

function answerStray(transport: SipTransport, request: SipMessage): void {
  const method = request.start.type === 'request' ? request.start.method : '';
  if (method === 'ACK') return;
  if (method === 'OPTIONS') transport.respond(request, { status: 200, reason: 'OK', toTag: newTag() });
  else transport.respond(request, { status: 481, reason: 'Call/Transaction Does Not Exist', toTag: newTag() });
}

async function dial(transport: SipTransport, calls: Calls, bindHost: string, options: CallOptions): Promise<CallHandle> {
  throwIfAborted(options.signal);
  const to = targetOf(options.target);
  if (to === null) throw new AppError('usage', `${options.target} is not a SIP address`);
  if (calls.size >= CALLS_MAX) throw new AppError('usage', `a phone has at most ${CALLS_MAX} calls at once`);
  const line = options.line ?? CLEAN_LINE;
  const media = await openMedia({ host: bindHost, line, seed: options.seed ?? randomInt(2 ** 31), nowMs });
  const onAbort = (): void => void leg.handle.hangUp();
  const leg: CallLeg = placeCall({
    transport,
    media,
    nowMs,
    target: options.target,
    to,
    from: options.from,
    codec: line.codec,
    credentials: options.credentials ?? null,
    onOver: () => {
      calls.delete(leg.handle.callId);
      options.signal.removeEventListener('abort', onAbort);
    },
  });
  calls.set(leg.handle.callId, { leg, onRequest: leg.onRequest });
  options.signal.addEventListener('abort', onAbort, { once: true });
  return leg.handle;
}

/** Opens a phone on a free UDP port of `bindHost`. */
export async function createPhone(options: PhoneOptions): Promise<Phone> {
  const calls: Calls = new Map();
  const registrations: Registration[] = [];
  const transport = await openSipTransport({
    host: options.bindHost,
    onRequest: (request, from) => {
      const known = calls.get(headerOf(request, 'call-id'));
      if (known !== undefined) known.onRequest(request);
      else if (request.start.type === 'request' && request.start.method === 'INVITE')
        void ring(transport, calls, options, { invite: request, from });
      else answerStray(transport, request);
    },
  });
  return {
    host: transport.host,
    port: transport.port,
    nowMs,
    toEpochMs: (atMs) => Date.now() - nowMs() + atMs,
    call: (call) => dial(transport, calls, options.bindHost, call),
    register: async (request) => {
      const registration = await holdRegistration({ transport, ...request });
      registrations.push(registration);
      return registration;
    },
    close: async () => {
      await Promise.all(registrations.map((registration) => registration.remove()));
      await Promise.all([...calls.values()].map(({ leg }) => leg.handle.hangUp()));
      transport.close();
    },
  };
}
