import { existsSync, statfsSync } from 'node:fs';
import { createAriClient } from '../adapters/asterisk/ari-client.ts';
import { WORKER_METHODS } from '../adapters/bookings/worker-protocol.ts';
import { assertAsteriskVersion } from '../adapters/process/asterisk-version.ts';
import { createLog } from '../adapters/log/pino-log.ts';
import { findProgram } from '../adapters/process/files.ts';
import { checkRedisPolicy } from '../adapters/process/spawn-redis.ts';
import { findEspeakData } from '../adapters/speech/model-pack.ts';
import { AppError, toAppError } from '../base/app-error.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import { readSecret, type Config } from '../config/config.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import { verifyPacks } from './models.ts';
import { NODE_PROCESSES } from './process-table.ts';
import { lookAtFindings, lookAtReconciliation } from './reconciliation-look.ts';
import { createCipheredJournal, createLedgerStore, ifThere } from './storage.ts';
import { askWorker, isListening } from './worker-line.ts';

/** One thing that was looked at. `warn`: works, and wants a look. `off`: the product is not running, so there is nothing to look at. */
export interface Finding {
  readonly what: string;
  readonly state: 'good' | 'warn' | 'bad' | 'off';
  readonly code: ErrorCode | null;
  readonly detail: string;
}

type Look = (options: { readonly signal: AbortSignal }) => Promise<string> | string;

const LOOK_MS_MAX = 4000;
const DISK_MB_MIN = 500;
const DURABLE = 'opens and is durable';
const PROGRAMS = ['redis-server', 'radicale', 'bwrap', 'fstcompile'] as const;

/** Thrown inside a look when the process it looks at is not there. */
class Off extends Error {}

/** `badly`: how bad it is when the look fails. */
async function find(what: string, look: Look, fallback: ErrorCode, badly: 'bad' | 'warn' = 'bad'): Promise<Finding> {
  try {
    return { what, state: 'good', code: null, detail: await look({ signal: AbortSignal.timeout(LOOK_MS_MAX) }) };
  } catch (error) {
    if (error instanceof Off) return { what, state: 'off', code: null, detail: error.message };
    const failure = toAppError(error, fallback);
    return { what, state: badly, code: failure.code, detail: `${failure.message}. ${failure.entry.remedy}` };
  }
}

async function lookAtAsterisk(config: Config, signal: AbortSignal): Promise<string> {
  if (!existsSync(config.secrets.ariPasswordFile)) throw new Off('not started yet');
  const log = createLog({ process: 'doctor', level: 'error', personalData: false });
  const ari = createAriClient(
    { host: config.ari.host, port: config.ari.port, user: config.ari.user, password: readSecret(config.secrets.ariPasswordFile) },
    log,
  );
  try {
    const { body } = await ari
      .request({ method: 'GET', path: '/asterisk/info', query: { only: 'system' } }, { signal })
      .catch((error: unknown) => {
        if (toAppError(error, 'ari_request_failed').code === 'ari_request_failed') throw new Off('not running');
        throw error;
      });
    const { version } = (body as { readonly system: { readonly version: string } }).system;
    assertAsteriskVersion(version);
    return version;
  } finally {
    await ari.close();
  }
}

async function lookAtCalendar(config: Config, signal: AbortSignal): Promise<string> {
  if (!(await isListening(config.paths.sockets.worker))) throw new Off('the worker is not running');
  await askWorker(config, WORKER_METHODS.check, null, { signal, limitMs: LOOK_MS_MAX });
  return config.calendarUrl;
}

function lookAtDisk(config: Config): string {
  const folder = existsSync(config.paths.data) ? config.paths.data : config.paths.root;
  const { bavail, bsize } = statfsSync(folder);
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb < DISK_MB_MIN) throw new AppError('disk_full', `${folder} has ${freeMb} MB free`);
  return `${freeMb} MB free`;
}

function withStore<S extends { close(): void }, T>(open: () => S, look: (store: S) => T): T {
  const store = ifThere(open);
  if (store === null) throw new Off('not made yet');
  try {
    return look(store);
  } finally {
    store.close();
  }
}

/** Looks at everything the product needs, one finding each; never throws for what it finds. */
export async function examine(config: Config): Promise<readonly Finding[]> {
  const models = verifyPacks(config.paths.modelsManifest).map(({ pack, role, problem }): Promise<Finding> =>
    find(
      `model ${pack}/${role}`,
      () => {
        if (problem !== null) throw problem;
        return 'matches its checksum';
      },
      'model_corrupt',
    ),
  );
  const processes = NODE_PROCESSES.map(({ name, socket }) =>
    find(
      `process ${name}`,
      async () => {
        if (!(await isListening(socket(config.paths)))) throw new Off('not running');
        return 'answers';
      },
      'process_failed',
    ),
  );
  const ledger = (): Ledger => createLedgerStore(config, { mustExist: true });
  const journal = (): Journal => createCipheredJournal(config, { mustExist: true });
  return Promise.all([
    find('configuration', () => config.file ?? 'defaults', 'config_invalid'),
    ...PROGRAMS.map((name) => find(`program ${name}`, () => findProgram(name), 'program_missing')),
    find('espeak-ng data', () => findEspeakData(), 'program_missing'),
    find('disk', () => lookAtDisk(config), 'disk_full'),
    ...models,
    find('ledger', () => withStore(ledger, () => DURABLE), 'ledger_unavailable'),
    find('journal', () => withStore(journal, () => DURABLE), 'journal_unreadable'),
    find('asterisk', ({ signal }) => lookAtAsterisk(config, signal), 'ari_request_failed'),
    find(
      'redis',
      async ({ signal }) => {
        if (!(await isListening(config.paths.sockets.redis))) throw new Off('not running; the worker goes on without it');
        await checkRedisPolicy(config.paths.sockets.redis, { signal });
        return 'noeviction, append-only';
      },
      'redis_unavailable',
    ),
    find('records', () => withStore(ledger, lookAtFindings), 'said_not_recorded'),
    find(
      'reconciliation',
      async () => {
        if (!(await isListening(config.paths.sockets.worker))) throw new Off('the worker is not running');
        return withStore(ledger, (store) => lookAtReconciliation(store, Date.now()));
      },
      'reconciliation_late',
      'warn',
    ),
    find('calendar', ({ signal }) => lookAtCalendar(config, signal), 'destination_unreachable'),
    ...processes,
  ]);
}
