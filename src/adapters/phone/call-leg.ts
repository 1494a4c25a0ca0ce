import { AppError } from '../../base/app-error.ts';
import { withTimeout } from '../../base/scope.ts';
import { isDigit } from './rtp-packet.ts';
import type { SpokenSpan } from './rtp-sender.ts';
import type { Dialog } from './dialog.ts';
import { requestIn } from './dialog.ts';
import type { PhoneMedia } from './media.ts';
import type { ReceivedAudio } from './received-audio.ts';
import type { RemoteAudio } from './sdp.ts';
import type { SipMessage } from './sip-message.ts';
import type { SipTransport } from './sip-transport.ts';

/** How a call ended. `status` is the SIP status of a call that was never answered. */
export interface CallEnd {
  readonly by: 'local' | 'remote';
  readonly status: number | null;
  readonly reason: string;
  readonly atMs: number;
}

/** A telephone call as its owner sees it. All times are of the phone's monotonic clock, in milliseconds. */
export interface CallHandle {
  readonly callId: string;
  /** Resolves when the other side answered; rejects with `cancelled` when the call ended before, see `ended`. */
  readonly answered: Promise<{ readonly atMs: number }>;
  readonly ended: Promise<CallEnd>;
  isUp(): boolean;
  hasEnded(): boolean;
  /** Says 8 kHz audio after what is already queued. Resolves at once, incomplete, when the call is over. */
  sendPcm(pcm: Int16Array): Promise<SpokenSpan>;
  /** Falls silent: what has not been sent is dropped. */
  stopSpeaking(): void;
  /** Presses keys `0-9*#A-D`. */
  sendDtmf(digits: string): void;
  /** Ends the call (CANCEL before the answer, BYE after it); resolves when it is over, after 2 s at the latest. */
  hangUp(): Promise<void>;
  readonly received: ReceivedAudio;
  /** What was sent, frame by frame. */
  sent(): readonly { readonly atMs: number; readonly pcm: Int16Array }[];
}

export interface LegDeps {
  readonly transport: SipTransport;
  readonly media: PhoneMedia;
  readonly nowMs: () => number;
  readonly onOver: () => void;
}

/** The part of a call that is alike for both directions, from the answer on. */
export interface CallLeg {
  readonly handle: CallHandle;
  /** The call is up. */
  establish(dialog: Dialog, remote: RemoteAudio | null): void;
  /** Audio before the answer. */
  earlyMedia(remote: RemoteAudio): void;
  end(by: CallEnd['by'], status: number | null, reason: string): void;
  /** Handles a request within the dialog; answers it. */
  onRequest(request: SipMessage): void;
  dialog(): Dialog | null;
}

const HANG_UP_MS_MAX = 2000;
/** Requests of our own after the answer start here, above the INVITE and its repeat with credentials. */
const CSEQ_IN_DIALOG = 100;

export interface LegOptions extends LegDeps {
  readonly callId: string;
  readonly localTag: string;
  /** SDP for a renewed offer. */
  readonly answerBody: () => string;
  /** Gives up a call that is not up yet. */
  readonly cancel: () => void;
}

/** Answers a request within the dialog; tells whether it ended the call. */
function answerInDialog({ transport, localTag, answerBody }: LegOptions, request: SipMessage): 'bye' | 'other' {
  const method = request.start.type === 'request' ? request.start.method : '';
  const ok = { status: 200, reason: 'OK', toTag: localTag };
  const contact = `<sip:phone@${transport.host}:${transport.port}>`;
  if (method === 'INVITE')
    transport.respond(request, {
      ...ok,
      headers: [
        ['contact', contact],
        ['content-type', 'application/sdp'],
      ],
      body: answerBody(),
    });
  else if (method !== 'ACK') transport.respond(request, ok);
  return method === 'BYE' ? 'bye' : 'other';
}

function notSpoken(atMs: number): SpokenSpan {
  return { startedAtMs: atMs, endedAtMs: atMs, lastVoicedAtMs: atMs, complete: false };
}

export function createCallLeg(options: LegOptions): CallLeg {
  const { transport, media, nowMs } = options;
  const answered = Promise.withResolvers<{ readonly atMs: number }>();
  const ended = Promise.withResolvers<CallEnd>();
  answered.promise.catch(() => undefined);
  let dialog: Dialog | null = null;
  let over: CallEnd | null = null;
  let cseq = CSEQ_IN_DIALOG;
  const end = (by: CallEnd['by'], status: number | null, reason: string): void => {
    if (over !== null) return;
    over = { by, status, reason, atMs: nowMs() };
    media.close();
    if (dialog === null)
      answered.reject(new AppError('cancelled', `the call was not answered: ${status ?? ''} ${reason}`, { details: { status } }));
    ended.resolve(over);
    options.onOver();
  };
  const sayBye = (up: Dialog): void => {
    cseq += 1;
    const bye = transport.request(requestIn(up, 'BYE', cseq), up.nextHop, () => {
      bye.end();
      end('local', null, 'hung up');
    });
  };
  const handle: CallHandle = {
    callId: options.callId,
    answered: answered.promise,
    ended: ended.promise,
    isUp: () => dialog !== null && over === null,
    hasEnded: () => over !== null,
    sendPcm: (pcm) => {
      const sender = media.sender();
      if (over === null && sender !== null) return sender.send(pcm);
      return Promise.resolve(notSpoken(nowMs()));
    },
    stopSpeaking: () => media.sender()?.clear(),
    sendDtmf: (digits) => {
      for (const digit of digits) if (isDigit(digit)) media.sender()?.press(digit);
    },
    hangUp: async () => {
      if (over !== null) return;
      media.sender()?.clear();
      if (dialog === null) options.cancel();
      else sayBye(dialog);
      await withTimeout(ended.promise, HANG_UP_MS_MAX, 'hanging up').catch(() => end('local', null, 'hung up without an answer'));
    },
    received: media.received,
    sent: () => media.sender()?.sent() ?? [],
  };
  return {
    handle,
    dialog: () => dialog,
    end,
    earlyMedia: (remote) => media.connect(remote),
    establish: (next, remote) => {
      if (over !== null || dialog !== null) return;
      dialog = next;
      if (remote !== null) media.connect(remote);
      answered.resolve({ atMs: nowMs() });
    },
    onRequest: (request) => {
      if (answerInDialog(options, request) === 'bye') end('remote', null, 'the other side hung up');
    },
  };
}
