import { join } from 'node:path';
import { request } from 'undici';
import { AppError } from '../../base/app-error.ts';
import { ensureSecret, findProgram, makePrivateDirs, writeAtomically } from './files.ts';
import { assertPortsFree } from './free-port.ts';
import { pollUntil } from './poll.ts';
import { SERVER_ENV, type ServerProcess, dyingWithParent } from './server-process.ts';

export interface RadicaleInstance {
  /** Configuration and collections. */
  readonly dataDir: string;
  readonly port: number;
  readonly user: string;
  readonly passwordFile: string;
  /** Name of the calendar that is there when the server is ready, below the user. */
  readonly calendar: string;
}

const LOOPBACK = '127.0.0.1';
const ASK_MS_MAX = 5000;

/**
 * Prepares a private Radicale: loopback, one user with a generated password, collections below `dataDir`. When it is ready the
 * calendar exists. Throws `port_taken`, `secret_unreadable`, `program_missing`; `isReady` throws `destination_unauthorized`.
 */
export async function spawnRadicale(instance: RadicaleInstance): Promise<ServerProcess> {
  const { dataDir, port, user } = instance;
  const command = findProgram('radicale');
  await assertPortsFree([{ protocol: 'tcp', host: LOOPBACK, port, purpose: 'the private calendar', key: 'calendar.port' }]);
  makePrivateDirs(dataDir, join(dataDir, 'collections'));
  const password = ensureSecret(instance.passwordFile);
  const conf = join(dataDir, 'radicale.conf');
  writeAtomically(join(dataDir, 'users'), `${user}:${password}\n`);
  writeAtomically(conf, radicaleConf(instance));
  return {
    ...dyingWithParent(command, ['--config', conf]),
    env: { ...SERVER_ENV, PYTHONDONTWRITEBYTECODE: '1', HOME: dataDir },
    cwd: dataDir,
    isReady: ({ signal }) => radicaleReady({ ...instance, password }, signal),
    readyMsMax: 20_000,
    stopMsMax: 5000,
  };
}

/** Waits until the server answers, and makes the calendar when it is not there. Throws `destination_unauthorized`, `destination_misbehaved`. */
export async function radicaleReady(access: RadicaleInstance & { readonly password: string }, signal: AbortSignal): Promise<void> {
  const home = `/${encodeURIComponent(access.user)}/`;
  const calendar = `${home}${encodeURIComponent(access.calendar)}/`;
  await pollUntil(() => ask(access, { method: 'PROPFIND', path: home, depth: '0' }, signal), signal);
  const found = await ask(access, { method: 'PROPFIND', path: calendar, depth: '0' }, signal);
  if (found === 207) return;
  const made = await ask(access, { method: 'MKCALENDAR', path: calendar }, signal);
  if (made === 201 || made === 409) return;
  throw new AppError('destination_misbehaved', `the private calendar could not be made: ${made ?? 'no answer'}`, {
    details: { status: made },
  });
}

interface Question {
  readonly method: 'PROPFIND' | 'MKCALENDAR';
  readonly path: string;
  readonly depth?: string;
}

/** The status of the answer; null while nothing answers. Throws `destination_unauthorized` on 401. */
async function ask(
  access: { readonly port: number; readonly user: string; readonly password: string },
  question: Question,
  signal: AbortSignal,
): Promise<number | null> {
  let status: number;
  try {
    const answer = await request(`http://${LOOPBACK}:${access.port}${question.path}`, {
      // WebDAV's methods are not in undici's list of HTTP methods, which it does not enforce.
      method: question.method as 'GET',
      headers: {
        authorization: `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`,
        ...(question.depth === undefined ? {} : { depth: question.depth }),
      },
      headersTimeout: ASK_MS_MAX,
      bodyTimeout: ASK_MS_MAX,
      signal,
    });
    await answer.body.dump();
    status = answer.statusCode;
  } catch {
    return null;
  }
  if (status === 401) throw new AppError('destination_unauthorized', 'the private calendar refused its own password');
  return status;
}

/** Login delay and log are for a server on the internet; this one is reached by one user on loopback. */
function radicaleConf({ dataDir, port }: RadicaleInstance): string {
  return [
    '# Written by Vestibule; changes here are overwritten at the next start.',
    '[server]',
    `hosts = ${LOOPBACK}:${port}`,
    'max_connections = 20',
    'timeout = 30',
    '[auth]',
    'type = htpasswd',
    `htpasswd_filename = ${join(dataDir, 'users')}`,
    'htpasswd_encryption = plain',
    'delay = 0',
    '[rights]',
    'type = owner_only',
    '[storage]',
    `filesystem_folder = ${join(dataDir, 'collections')}`,
    '[web]',
    'type = none',
    '[logging]',
    'level = warning',
    'mask_passwords = True',
    '',
  ].join('\n');
}
