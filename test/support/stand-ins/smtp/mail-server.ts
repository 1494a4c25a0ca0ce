/**
 * Stands for a mail server that takes mail of its users (RFC 5321, 6409, 3207, 4954): EHLO, STARTTLS, AUTH PLAIN or XOAUTH2, MAIL, RCPT, DATA,
 * NOOP, RSET, QUIT. Refuses unknown recipients, mail without a login, and logins in the clear. On demand it loses connections at any point, or
 * says 4yz and 5yz. Leaves out delivery, pipelining, other extensions, and addresses with quotes.
 */
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { selfSigned } from '../../self-signed.ts';

export interface TakenMail {
  readonly from: string;
  readonly to: string;
  /** Headers and body as they came, dots undone. */
  readonly data: string;
  readonly encrypted: boolean;
}

/** Where the connection breaks: at the greeting, when the message is asked for, within it, or after the server has taken it. */
export type Break = 'greeting' | 'before_message' | 'within_message' | 'after_message';

export interface MailServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The certificate that the server shows (PEM); its name is localhost. */
  readonly certificate: string;
  readonly mails: readonly TakenMail[];
  /** The connection of the next session that gets there breaks. */
  breakNext(at: Break): void;
  /** Instead of what it would say, the server answers the next such command with this; `END` is the end of a message. */
  answerNext(command: string, reply: string): void;
  /** The server keeps its word on messages to itself until `release`. */
  hold(): void;
  release(): void;
  /** Sessions that were opened. */
  sessions(): number;
  close(): Promise<void>;
}

interface Options {
  readonly security: 'tls' | 'starttls' | 'none';
  /** Users log in with access tokens, while other ways are offered for other users. */
  readonly tokens?: {
    isLive(token: string): boolean;
    /** Why a token is refused stands in a challenge first (Google), or not (Microsoft, which then hangs up). */
    readonly explains: boolean;
  };
}

const USER = 'practice';
const PASSWORD = 'a password';
const UNKNOWN = 'nobody@';

interface Shared {
  readonly options: Options;
  readonly context: ReturnType<typeof createSecureContext>;
  readonly mails: TakenMail[];
  readonly breaks: Break[];
  readonly replies: Map<string, string>;
  released: Promise<void>;
}

/** One connection. The protocol asks and answers in turns, so that a session is one loop over lines. */
async function serve(shared: Shared, first: Socket, isEncrypted: boolean): Promise<void> {
  let socket = first;
  let encrypted = isEncrypted;
  let [loggedIn, from, to] = [false, '', ''];
  const isBroken = (at: Break): boolean => {
    const index = shared.breaks.indexOf(at);
    if (index === -1) return false;
    shared.breaks.splice(index, 1);
    first.resetAndDestroy();
    return true;
  };
  const say = (command: string, usual: string): void => {
    const reply = shared.replies.get(command) ?? usual;
    shared.replies.delete(command);
    socket.write(`${reply}\r\n`);
  };
  const login = (argument: string): string => {
    if (!encrypted && shared.options.security !== 'none') return '538 5.7.11 Encryption required';
    const [, user, password] = decoded(argument).split('\0');
    loggedIn = user === USER && password === PASSWORD;
    return loggedIn ? '235 2.7.0 Welcome' : '535 5.7.8 Wrong user or password';
  };
  const tokenLogin = async (argument: string): Promise<string> => {
    const { tokens } = shared.options;
    if (tokens === undefined) return '504 5.7.4 Unrecognized authentication type';
    const [user, bearer = '', ...rest] = decoded(argument).split('\u0001');
    const isWhole = user === `user=${USER}` && bearer.startsWith('auth=Bearer ') && rest.join('|') === '|';
    loggedIn = isWhole && tokens.isLive(bearer.slice('auth=Bearer '.length));
    if (loggedIn) return '235 2.7.0 Accepted';
    if (tokens.explains) {
      socket.write(`334 ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}\r\n`);
      const { value } = await lines.next();
      if (value !== '') return '501 5.5.2 An empty line was expected';
    }
    return '535-5.7.8 Token not accepted.\r\n535 5.7.8 See the documentation';
  };
  const offers = (): string => {
    const mechanism = shared.options.tokens === undefined ? 'PLAIN' : 'LOGIN PLAIN XOAUTH2';
    const auth = encrypted || shared.options.security === 'none' ? [`AUTH ${mechanism}`] : [];
    return ['localhost', 'SIZE 1000000', ...(encrypted || shared.options.security === 'none' ? [] : ['STARTTLS']), ...auth]
      .map((line, index, all) => `250${index === all.length - 1 ? ' ' : '-'}${line}`)
      .join('\r\n');
  };
  if (isBroken('greeting')) return;
  say('GREETING', '220 localhost ESMTP');
  let lines = linesOf(socket);
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done === true) return;
    const [command = '', argument = ''] = /^(\S+)\s*(.*)$/.exec(line)?.slice(1) ?? [];
    const verb = command.toUpperCase();
    if (verb === 'EHLO') say(verb, offers());
    else if (verb === 'STARTTLS' && shared.options.security === 'starttls' && !encrypted) {
      say(verb, '220 2.0.0 Go ahead');
      socket = new TLSSocket(socket, { isServer: true, secureContext: shared.context });
      socket.on('error', () => first.destroy());
      encrypted = true;
      lines = linesOf(socket);
    } else if (verb === 'AUTH') {
      say(verb, argument.startsWith('XOAUTH2 ') ? await tokenLogin(argument) : login(argument));
      if (!loggedIn && shared.options.tokens?.explains === false) {
        socket.end();
        return;
      }
    } else if (verb === 'MAIL') {
      from = /<(.*)>/.exec(argument)?.[1] ?? '';
      say(verb, loggedIn ? '250 2.1.0 OK' : '530 5.7.0 Log in first');
    } else if (verb === 'RCPT') {
      to = /<(.*)>/.exec(argument)?.[1] ?? '';
      say(verb, to.startsWith(UNKNOWN) ? '550 5.1.1 No such mailbox' : '250 2.1.5 OK');
    } else if (verb === 'DATA') {
      if (isBroken('before_message')) return;
      say(verb, '354 End with a dot');
      const data: string[] = [];
      for (let next = await lines.next(); next.done !== true && next.value !== '.'; next = await lines.next()) {
        if (isBroken('within_message')) return;
        data.push(next.value.replace(/^\./, ''));
      }
      const isTaken = !shared.replies.has('END');
      if (isTaken) shared.mails.push({ from, to, data: data.join('\r\n'), encrypted });
      if (isBroken('after_message')) return;
      await shared.released;
      say('END', '250 2.0.0 Queued');
    } else if (verb === 'QUIT') {
      socket.end('221 2.0.0 Bye\r\n');
      return;
    } else say(verb, verb === 'NOOP' || verb === 'RSET' ? '250 2.0.0 OK' : '502 5.5.1 Unknown command');
  }
}

/** The initial response of an AUTH command. */
const decoded = (argument: string): string => Buffer.from(argument.replace(/^\S+ /, ''), 'base64').toString('utf8');

async function* linesOf(socket: Socket): AsyncGenerator<string, undefined> {
  let rest = '';
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const lines = `${rest}${String(chunk)}`.split('\r\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // The client broke the connection.
  }
  return undefined;
}

/** Starts a server on a loopback port. */
export async function startMailServer(options: Options = { security: 'starttls' }): Promise<MailServer> {
  const { key, cert } = selfSigned();
  const context = createSecureContext({ key, cert });
  const shared: Shared = { options, context, mails: [], breaks: [], replies: new Map(), released: Promise.resolve() };
  let release = (): void => undefined;
  let sessions = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sessions += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    const isTls = options.security === 'tls';
    const session = isTls ? new TLSSocket(socket, { isServer: true, secureContext: context }) : socket;
    session.on('error', () => socket.destroy());
    serve(shared, session, isTls).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    user: USER,
    password: PASSWORD,
    certificate: cert,
    mails: shared.mails,
    breakNext: (at) => shared.breaks.push(at),
    answerNext: (command, reply) => shared.replies.set(command, reply),
    hold: () => {
      shared.released = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    sessions: () => sessions,
    close: async () => {
      release();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
