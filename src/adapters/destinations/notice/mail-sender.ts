import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { AppError, isAppError } from '../../../base/app-error.ts';
import type { ErrorCode } from '../../../base/error-codes.ts';
import { isLoopback } from '../../../base/loopback.ts';
import type { AccessTokens } from '../http/oauth-token.ts';

/** Who logs in, with a password, which is read at every use, or with access tokens. */
export type MailLogin = { readonly user: string } & ({ readonly password: () => string } | { readonly tokens: AccessTokens });

/** A mail server that takes mail from us (RFC 6409). */
export interface MailAccess {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte (port 465), `starttls` before anything is said (587), or `none`, which only a loopback server may have. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly auth: MailLogin | null;
  readonly from: { readonly name: string; readonly address: string };
  /** Certificates (PEM) to trust instead of the system's: a server with an authority of its own. */
  readonly ca?: () => string;
}

export interface Mail {
  /** Stands left of the @ in the Message-ID; the same for every repeat. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly dateEpochMs: number;
}

/** What came of a mail. `not_sent`: nothing was handed over. `unknown`: the connection broke between the message and the server's word. */
export type MailResult =
  | { readonly type: 'accepted'; readonly messageId: string }
  | { readonly type: 'refused'; readonly code: ErrorCode }
  | { readonly type: 'not_sent'; readonly code: ErrorCode; readonly afterMs: number | null }
  | { readonly type: 'unknown'; readonly code: ErrorCode };

export interface MailSender {
  /** Never throws. After the message has left, an abort waits for the server's word for a while: a cut makes doubt out of a success. */
  send(mail: Mail, options: { readonly signal: AbortSignal }): Promise<MailResult>;
  /** Logs in and sends nothing. Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
  check(options: { readonly signal: AbortSignal }): Promise<void>;
}

const CONNECT_MS_MAX = 5000;
const GREETING_MS_MAX = 10_000;
/** Silence of the server in the middle of a session. */
const SILENCE_MS_MAX = 60_000;
/** How long the server's word on a message is waited for after an abort; servers look for spam and viruses before they answer. */
const ANSWER_MS_MAX = 60_000;
/** When a server that said "later" (4yz: grey lists, full queues) is asked again. */
const LATER_MS = 60_000;
const ADDRESS_LETTERS_MAX = 254;
/** One address without a name, comments or quotes: `local@domain`, as HTML forms accept it. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** True for one plain e-mail address. */
export const isAddress = (text: string): boolean => text.length <= ADDRESS_LETTERS_MAX && ADDRESS.test(text);

interface SmtpError extends Error {
  readonly code?: string | undefined;
  readonly command?: string | undefined;
  readonly responseCode?: number | undefined;
}

/** Our name for a login with a token: under its own, XOAUTH2, the library would send the token as a password where the server takes PLAIN. */
const TOKEN_LOGIN = 'ACCESS-TOKEN';
/** The server takes logins, but not now (RFC 4954, section 6). */
const LOGIN_LATER: ReadonlySet<number> = new Set([421, 454]);
const UNKNOWN_MECHANISM = 504;

const messageIdOf = (mail: Mail, { from }: MailAccess): string => `<${mail.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;

/** The message as it goes over the line (RFC 5322). `Auto-Submitted` (RFC 3834) keeps out-of-office robots from answering. */
function messageOf(mail: Mail, access: MailAccess): Promise<Buffer> {
  const composer = new MailComposer({
    from: access.from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    messageId: messageIdOf(mail, access),
    date: new Date(mail.dateEpochMs),
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** Sends mail through one server, one connection per message. Throws `config_invalid` for an address or a security that cannot be. */
export function createMailSender(access: MailAccess): MailSender {
  if (!isAddress(access.from.address)) throw new AppError('config_invalid', '  mail: the sender is not an e-mail address');
  if (access.security === 'none' && !isLoopback(access.host))
    throw new AppError(
      'config_invalid',
      `  mail: got security none for ${access.host}, expected tls or starttls for every server but a loopback one`,
    );
  return { send: (mail, { signal }) => send(access, mail, signal), check: ({ signal }) => check(access, signal) };
}

function connectionTo({ host, port, security, from, ca }: MailAccess): SMTPConnection {
  return new SMTPConnection({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    name: from.address.slice(from.address.lastIndexOf('@') + 1),
    connectionTimeout: CONNECT_MS_MAX,
    dnsTimeout: CONNECT_MS_MAX,
    greetingTimeout: GREETING_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca: ca() }) },
    customAuth: { [TOKEN_LOGIN]: logInWithToken },
  });
}

/**
 * XOAUTH2 (developers.google.com/workspace/gmail/imap/xoauth2-protocol), once: the library's own way sends a refused token again. A server
 * may explain a refusal in a challenge, which is answered by an empty line, before it says no.
 */
async function logInWithToken({ auth, sendCommand }: SMTPConnection.CustomAuthenticationContext): Promise<void> {
  const { user, pass } = auth.credentials;
  const token = Buffer.from(`user=${user}\u0001auth=Bearer ${pass}\u0001\u0001`).toString('base64');
  const first = await sendCommand(`AUTH XOAUTH2 ${token}`);
  const last = first.status === 334 ? await sendCommand('') : first;
  if (last.status !== 235) throw new Error('the login was refused');
}

/** A method of the library that answers by a callback. */
function answered<T>(start: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}

interface Session {
  readonly signal: AbortSignal;
  /** True: an abort no longer ends it at once. */
  readonly patient: () => boolean;
  readonly work: (connection: SMTPConnection) => Promise<unknown>;
}

/** One session, connected and logged in while the work lasts. After a login that refused a token it is tried once more with a new one. */
async function inSession(access: MailAccess, session: Session): Promise<void> {
  const { auth } = access;
  if (auth === null) return runSession(access, null, session);
  if ('password' in auth) return runSession(access, { credentials: { user: auth.user, pass: auth.password() } }, session);
  const { user, tokens } = auth;
  const withToken = (pass: string): Promise<void> => runSession(access, { method: TOKEN_LOGIN, credentials: { user, pass } }, session);
  const token = await tokens.get();
  try {
    return await withToken(token);
  } catch (error) {
    if (!isTokenRefusal(error as SmtpError)) throw error;
    tokens.drop(token);
    return withToken(await tokens.get());
  }
}

/** Only a login fails like this, so that nothing was sent. */
const isTokenRefusal = ({ code, responseCode = 0 }: SmtpError): boolean =>
  code === 'EAUTH' && responseCode >= 500 && responseCode !== UNKNOWN_MECHANISM;

async function runSession(
  access: MailAccess,
  login: SMTPConnection.AuthenticationType | null,
  { signal, patient, work }: Session,
): Promise<void> {
  signal.throwIfAborted();
  const connection = connectionTo(access);
  let patience: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  // Stays for as long as the connection lives: an error without a listener would end the process.
  connection.on('error', (error: Error) => fail(error));
  const cut = (): void => fail(new AppError('timed_out', 'the mail server took too long'));
  const onAbort = (): void => {
    if (!patient()) return cut();
    patience = setTimeout(cut, ANSWER_MS_MAX);
    return undefined;
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([failed, answered((done) => connection.connect(done))]);
    if (login !== null) await Promise.race([failed, answered((done) => connection.login(login, done))]);
    await Promise.race([failed, work(connection)]);
    connection.quit();
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', onAbort);
  }
}

async function send(access: MailAccess, mail: Mail, signal: AbortSignal): Promise<MailResult> {
  let hasLeft = false;
  try {
    const bytes = await messageOf(mail, access);
    // Read only once the server has said that it wants the message: from then on its fate is the server's to tell.
    const message = new Readable({
      read() {
        hasLeft = true;
        this.push(bytes);
        this.push(null);
      },
    });
    const envelope = { from: access.from.address, to: [mail.to], size: bytes.length };
    const work = (connection: SMTPConnection): Promise<unknown> => answered((done) => connection.send(envelope, message, done));
    await inSession(access, { signal, patient: () => hasLeft, work });
    return { type: 'accepted', messageId: messageIdOf(mail, access) };
  } catch (error) {
    return isAppError(error) && !hasLeft ? notSent(error) : failure(error as SmtpError, hasLeft);
  }
}

/** What comes before the session: a secret that cannot be read, a token that cannot be had; or an abort. */
function notSent({ code, details }: AppError): MailResult {
  const waitMs = details['retryAfterMs'];
  return {
    type: 'not_sent',
    code: code === 'timed_out' ? 'destination_unreachable' : code,
    afterMs: typeof waitMs === 'number' ? waitMs : null,
  };
}

/**
 * What a failed session means (RFC 5321, section 4.2.1). A refusal is the server's word that it did not take the message; 421 and a broken
 * connection after the message are not.
 */
function failure({ code, command, responseCode = 0 }: SmtpError, hasLeft: boolean): MailResult {
  const isRefusal = code === 'EMESSAGE' && command === 'DATA' && responseCode >= 400 && responseCode !== 421;
  if (hasLeft && !isRefusal) return { type: 'unknown', code: 'destination_unreachable' };
  if ((code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500 && responseCode !== 503 && responseCode !== 530)
    return { type: 'refused', code: 'destination_rejected' };
  return { type: 'not_sent', code: reasonOf({ code, responseCode }), afterMs: responseCode >= 400 && responseCode < 500 ? LATER_MS : null };
}

function reasonOf({ code, responseCode }: { readonly code: string | undefined; readonly responseCode: number }): ErrorCode {
  if (code === 'EAUTH' && LOGIN_LATER.has(responseCode)) return 'destination_unreachable';
  if (code === 'EAUTH' && responseCode === UNKNOWN_MECHANISM) return 'destination_misbehaved';
  if (code === 'EAUTH' || code === 'ENOAUTH' || responseCode === 530) return 'destination_unauthorized';
  if (code === 'ETLS' || code === 'EPROTOCOL' || responseCode >= 500) return 'destination_misbehaved';
  return 'destination_unreachable';
}

/** Failures of the connection, which the system and TLS describe; in all others the server's own words may stand. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['ECONNECTION', 'EDNS', 'ESOCKET', 'ETIMEDOUT']);

/** What stands in the way, for whoever has to mend it. */
function obstacle({ code = 'no code', responseCode, message }: SmtpError): string {
  if (code === 'EAUTH') return 'the mail server refused the login';
  return `the mail server cannot be used: ${OF_CONNECTION.has(code) ? message : (responseCode ?? code)}`;
}

async function check(access: MailAccess, signal: AbortSignal): Promise<void> {
  try {
    await inSession(access, { signal, patient: () => false, work: () => Promise.resolve() });
  } catch (cause) {
    if (isAppError(cause) && cause.code !== 'timed_out') throw cause;
    const failed = cause as SmtpError;
    const { code, responseCode = 0 } = failed;
    throw new AppError(reasonOf({ code, responseCode }), obstacle(failed), { cause });
  }
}
