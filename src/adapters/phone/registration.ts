import { randomUUID } from 'node:crypto';
import { AppError } from '../../base/app-error.ts';
import { answerChallenge, type Credentials } from './digest.ts';
import { headerOf, type SipHeader, type SipMessage } from './sip-message.ts';
import { newTag, type HostPort, type SipTransport } from './sip-transport.ts';

/** A telephone that is known to the switch as long as this is held. */
export interface Registration {
  /** Takes the telephone off the switch; resolves when that is confirmed or after the transaction's limit. */
  remove(): Promise<void>;
}

const EXPIRES_S = 120;

interface RegisterDeps {
  readonly transport: SipTransport;
  readonly registrar: HostPort;
  readonly credentials: Credentials;
}

/** Sends one REGISTER (RFC 3261 §10), answering one challenge. Throws `cancelled` with the status when it is refused. */
function register(
  deps: RegisterDeps,
  ids: { readonly callId: string; readonly tag: string; cseq: number },
  expiresS: number,
): Promise<void> {
  const { transport, registrar, credentials } = deps;
  const uri = `sip:${registrar.host}:${registrar.port}`;
  const self = `<sip:${credentials.user}@${registrar.host}:${registrar.port}>`;
  const attempt = (extra: readonly SipHeader[]): Promise<void> =>
    new Promise((resolve, reject) => {
      ids.cseq += 1;
      const message: SipMessage = {
        start: { type: 'request', method: 'REGISTER', uri },
        headers: [
          ['max-forwards', '70'],
          ['from', `${self};tag=${ids.tag}`],
          ['to', self],
          ['call-id', ids.callId],
          ['cseq', `${ids.cseq} REGISTER`],
          ['contact', `<sip:${credentials.user}@${transport.host}:${transport.port}>`],
          ['expires', String(expiresS)],
          ...extra,
        ],
        body: '',
      };
      const transaction = transport.request(message, registrar, (response) => {
        const status = response === 'timeout' || response.start.type !== 'response' ? 408 : response.start.status;
        if (status < 200) return;
        transaction.end();
        const challenge = response === 'timeout' ? '' : headerOf(response, status === 401 ? 'www-authenticate' : 'proxy-authenticate');
        if (status < 300) resolve();
        else if (extra.length === 0 && challenge !== '') {
          const value = answerChallenge({ method: 'REGISTER', uri, challenge, credentials });
          attempt([[status === 401 ? 'authorization' : 'proxy-authorization', value]]).then(resolve, reject);
        } else reject(new AppError('cancelled', `the switch refused to register ${credentials.user}: ${status}`, { details: { status } }));
      });
    });
  return attempt([]);
}

/** Registers a telephone and keeps it registered (renewed at half time). Throws `cancelled` when the switch refuses it. */
export async function holdRegistration(deps: RegisterDeps): Promise<Registration> {
  const ids = { callId: randomUUID(), tag: newTag(), cseq: 0 };
  await register(deps, ids, EXPIRES_S);
  const renewal = setInterval(() => void register(deps, ids, EXPIRES_S).catch(() => undefined), (EXPIRES_S * 1000) / 2);
  renewal.unref();
  return {
    remove: async () => {
      clearInterval(renewal);
      await register(deps, ids, 0).catch(() => undefined);
    },
  };
}
