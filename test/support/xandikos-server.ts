import { join } from 'node:path';
import { request } from 'undici';
import { findProgram } from '../../src/adapters/process/files.ts';
import { freeTcpPort } from '../../src/adapters/process/free-port.ts';
import { pollUntil } from '../../src/adapters/process/poll.ts';
import { dyingWithParent, SERVER_ENV, type ServerProcess } from '../../src/adapters/process/server-process.ts';
import { createKillableServer, type KillableServer } from '../../src/app/faults/killable-server.ts';

export interface TestXandikos extends KillableServer {
  readonly port: number;
  /** Path of its one calendar, with a slash at its end. */
  readonly path: string;
}

const PATH = '/practice/calendars/calendar/';
const READY_MS_MAX = 30_000;

/** A private Xandikos with one calendar, below `folder`. It knows no passwords: who reaches it may write. */
export async function testXandikos(folder: string): Promise<TestXandikos> {
  const port = await freeTcpPort();
  const listening = ['--listen-address', '127.0.0.1', '--port', String(port)];
  const holding = ['--directory', join(folder, 'xandikos'), '--current-user-principal', '/practice/', '--defaults'];
  const prepare = (): Promise<ServerProcess> =>
    Promise.resolve({
      ...dyingWithParent(findProgram('xandikos'), [...listening, ...holding]),
      env: { ...SERVER_ENV, PYTHONDONTWRITEBYTECODE: '1', HOME: folder },
      cwd: folder,
      isReady: ({ signal }) => answers(`http://127.0.0.1:${port}${PATH}`, signal),
      readyMsMax: READY_MS_MAX,
      stopMsMax: 0,
    });
  return { ...createKillableServer(prepare), port, path: PATH };
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  await pollUntil(async () => {
    try {
      // PROPFIND is not in undici's list of HTTP methods, which it does not enforce.
      const answer = await request(url, { method: 'PROPFIND' as 'GET', headers: { depth: '0' }, signal });
      await answer.body.dump();
      return answer.statusCode === 207 ? true : null;
    } catch {
      return null;
    }
  }, signal);
}
