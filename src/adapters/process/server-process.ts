/** How a server that the product runs is started, and how it is known to be well. The supervisor adds name and order. */
export interface ServerProcess {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Resolves when the server can be used; throws an AppError when it never will. Observes `signal`. */
  readonly isReady: (options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Time to become ready, and to end after SIGTERM, in milliseconds. */
  readonly readyMsMax: number;
  readonly stopMsMax: number;
}

/** Programs are found where Debian puts them, whatever the caller's own search path is. */
export const SERVER_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/**
 * Command and arguments of a server that gets SIGTERM when the process that started it is gone, even when that was killed, so that
 * no server stays behind on a port or socket.
 */
export function dyingWithParent(command: string, args: readonly string[]): Pick<ServerProcess, 'command' | 'args'> {
  return { command: '/usr/bin/setpriv', args: ['--pdeathsig', 'TERM', '--', command, ...args] };
}
