import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { request } from 'undici';
import { findProgram } from '../../../adapters/process/files.ts';
import { freeTcpPort } from '../../../adapters/process/free-port.ts';
import { pollUntil } from '../../../adapters/process/poll.ts';
import { dyingWithParent, SERVER_ENV, type ServerProcess } from '../../../adapters/process/server-process.ts';
import { AppError } from '../../../base/app-error.ts';
import { PROJECT_DIR } from '../../../config/config.ts';
import { createKillableServer, type KillableServer } from '../killable-server.ts';

/**
 * A real Tryton on SQLite with the party module. Its database is made once for each version of the packages and copied for every run.
 * Copies stand in `var/cache/tryton-VERSION`; removing that folder makes the next run begin anew.
 */
const CACHE = join(PROJECT_DIR, 'var', 'cache');
const PACKAGES = ['tryton-server', 'tryton-modules-party', 'python3-phonenumbers'];
const DATABASE = 'practice';
const USER = 'admin';
const PASSWORD = 'the-desk-of-the-practice';
/** Making the database takes seconds; the first of several runs makes it while the others wait. */
const MAKING_S_MAX = 200;
const READY_MS_MAX = 60_000;
const BUSY_MS_MAX = 5000;

export interface KillableTryton extends KillableServer {
  readonly port: number;
  /** Address of the database, when the server is reached at this port. */
  readonly urlAt: (port: number) => string;
  readonly user: string;
  readonly password: string;
  /** The first column of the first row of a query to the database, past the server. */
  ask(sql: string, ...values: readonly string[]): unknown;
  /** All rows of a query to the database, past the server. */
  rows(sql: string, ...values: readonly string[]): readonly unknown[];
  /** Changes the database past the server. */
  tell(sql: string, ...values: readonly string[]): void;
}

/** The database as it is after its making. Throws when a package is missing or the making fails. */
async function snapshot(): Promise<string> {
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package}_${Version} ', ...PACKAGES], { encoding: 'utf8' });
  if (asked.status !== 0) throw new AppError('program_missing', `Tryton is not installed (${PACKAGES.join(', ')}): run make setup`);
  const folder = join(CACHE, `tryton-${asked.stdout.trim().replaceAll(/[^\w.]+/g, '-')}`);
  const made = join(folder, `${DATABASE}.sqlite`);
  if (existsSync(made)) return made;
  const making = join(folder, 'making');
  mkdirSync(making, { recursive: true });
  writeFileSync(join(making, 'password'), `${PASSWORD}\n`);
  writeFileSync(join(making, 'trytond.conf'), conf(making, 0));
  const steps = [
    `[ -e ${DATABASE}.sqlite ] && exit 0`,
    `rm -f making/*.sqlite && touch making/${DATABASE}.sqlite`,
    `TRYTONPASSFILE=making/password trytond-admin -c making/trytond.conf -d ${DATABASE} -u party --activate-dependencies --email desk@practice.example -p >making/log 2>&1`,
    `mv making/${DATABASE}.sqlite ${DATABASE}.sqlite`,
  ];
  const maker = spawn('flock', ['-w', String(MAKING_S_MAX), join(folder, 'lock'), 'sh', '-ec', steps.join('\n')], {
    cwd: folder,
    env: SERVER_ENV,
    stdio: 'ignore',
  });
  const code = await new Promise((resolve) => maker.once('close', resolve));
  if (code !== 0 || !existsSync(made))
    throw new AppError('process_failed', `the database of Tryton could not be made: see ${join(making, 'log')}`);
  return made;
}

const conf = (folder: string, port: number): string =>
  ['[database]', 'uri = sqlite://', `path = ${folder}`, '[web]', `listen = 127.0.0.1:${port}`, ''].join('\n');

/** A private Tryton with an empty practice, below `folder`. */
export async function createKillableTryton(folder: string): Promise<KillableTryton> {
  const port = await freeTcpPort();
  const path = join(folder, `${DATABASE}.sqlite`);
  copyFileSync(await snapshot(), path);
  const config = join(folder, 'trytond.conf');
  writeFileSync(config, conf(folder, port));
  const prepare = (): Promise<ServerProcess> =>
    Promise.resolve({
      ...dyingWithParent(findProgram('trytond'), ['-c', config, '-d', DATABASE]),
      env: { ...SERVER_ENV, PYTHONDONTWRITEBYTECODE: '1' },
      cwd: folder,
      isReady: ({ signal }) => answers(port, signal),
      readyMsMax: READY_MS_MAX,
      stopMsMax: 0,
    });
  const opened = (): Database.Database => new Database(path, { timeout: BUSY_MS_MAX });
  return {
    ...createKillableServer(prepare),
    port,
    urlAt: (at) => `http://127.0.0.1:${at}/${DATABASE}/`,
    user: USER,
    password: PASSWORD,
    ask: (sql, ...values) => {
      const database = opened();
      try {
        return database
          .prepare(sql)
          .pluck()
          .get(...values);
      } finally {
        database.close();
      }
    },
    rows: (sql, ...values) => {
      const database = opened();
      try {
        return database.prepare(sql).all(...values);
      } finally {
        database.close();
      }
    },
    tell: (sql, ...values) => {
      const database = opened();
      database.prepare(sql).run(...values);
      database.close();
    },
  };
}

async function answers(port: number, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify({ id: 1, method: 'common.server.version', params: [] });
  await pollUntil(async () => {
    try {
      const answer = await request(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal,
      });
      await answer.body.dump();
      return answer.statusCode === 200 ? true : null;
    } catch {
      return null;
    }
  }, signal);
}
