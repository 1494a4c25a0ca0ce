import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBookingsClient } from '../../src/adapters/bookings/bookings-client.ts';
import { createBullQueue } from '../../src/adapters/bullmq/bull-queue.ts';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import type { CalendarObject } from '../../src/adapters/destinations/caldav/dav-client.ts';
import { openLedger } from '../../src/adapters/sqlite/ledger.ts';
import { spawnProgram, type Program } from '../../src/app/faults/program.ts';
import { asCallId } from '../../src/base/ids.ts';
import type { BookingPayload, IntentPayload, OpState, OpView } from '../../src/domain/writeback/intent.ts';
import type { Bookings } from '../../src/ports/bookings.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { createCalendarReader } from './calendar-reader.ts';
import { eventually } from './eventually.ts';
import { createKeptLogger } from './kept-logger.ts';
import { testCalendar, testRedis, type TestCalendar, type TestServer } from './servers.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { sampleBooking } from './writeback-samples.ts';

export interface WorkerOptions {
  readonly faultPoint?: string;
  readonly calendarUrl?: string;
}

/** The write-back as installed: real ledger, Redis, calendar server and worker process; the test plays the daemon. */
export interface WriteBackRig {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly bookings: Bookings;
  readonly redis: TestServer & { readonly socket: string };
  readonly calendar: TestCalendar;
  startWorker(options?: WorkerOptions): Promise<void>;
  /** SIGKILL. */
  killWorker(): Promise<void>;
  /** SIGTERM: the worker ends in order. */
  stopWorker(): Promise<void>;
  /** Resolves when the worker has died by itself. */
  workerDied(): Promise<void>;
  readonly workerLog: () => string;
  accept(payload: IntentPayload): OpView;
  /** Waits until the row is in one of the states. */
  reaches(op: OpView['op'], states: readonly OpState[], limitMs?: number): Promise<OpView>;
  /** Objects of the calendar in the time of a booking. */
  entries(booking: BookingPayload): Promise<readonly CalendarObject[]>;
  faultFired(point: string): boolean;
  close(): Promise<void>;
}

let lastDay = 0;
/** A booking at a time of its own. */
export function freshBooking(): BookingPayload {
  lastDay += 1;
  const day = new Date(Date.UTC(2027, 0, 1) + lastDay * 86_400_000).toISOString().slice(0, 10);
  return sampleBooking({ start: `${day}T10:30:00+01:00` });
}

export async function createWriteBackRig(): Promise<WriteBackRig> {
  const folder = temporaryFolder();
  const data = join(folder.path, 'var');
  const runDir = join(data, 'run');
  mkdirSync(runDir, { recursive: true });
  const redis = testRedis(runDir);
  const calendar = await testCalendar(folder.path);
  await Promise.all([redis.start(), calendar.start()]);
  const clock = createSystemClock();
  const ledger = openLedger({ path: join(data, 'ledger', 'ledger.db'), keyFile: join(data, 'keys', 'kek.bin'), clock });
  const stop = new AbortController();
  const log = createKeptLogger();
  const bookings = createBookingsClient({
    socket: join(runDir, 'worker.sock'),
    queue: createBullQueue({ socket: redis.socket, log }),
    ledger,
    clock,
    log,
    signal: stop.signal,
  });
  let worker: Program | null = null;
  let output = '';
  let lastCall = 0;

  const startWorker = async (options: WorkerOptions = {}): Promise<void> => {
    const config = {
      dataDir: data,
      calendar: { managed: false, url: options.calendarUrl ?? calendar.url, user: calendar.user, passwordFile: calendar.passwordFile },
      redis: { managed: false, socket: redis.socket },
      simulation: { faultPoint: options.faultPoint ?? null },
    };
    const file = join(folder.path, 'config.yaml');
    writeFileSync(file, JSON.stringify(config));
    worker = spawnProgram('worker.ts', {
      configFile: file,
      onLine: (line) => {
        output += `${line}\n`;
      },
    });
    await worker.ready();
  };
  const endWorker = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const child = worker;
    worker = null;
    if (child === null) return;
    child.kill(signal);
    await child.ended;
  };
  const killWorker = (): Promise<void> => endWorker('SIGKILL');
  const entries = async (booking: BookingPayload): Promise<readonly CalendarObject[]> => {
    const reader = createCalendarReader(calendar);
    try {
      return await reader.entries(booking);
    } finally {
      await reader.close();
    }
  };
  return {
    folder: folder.path,
    ledger,
    bookings,
    redis,
    calendar,
    startWorker,
    killWorker,
    stopWorker: () => endWorker('SIGTERM'),
    workerDied: async () => {
      await worker?.ended;
      worker = null;
    },
    workerLog: () => output,
    accept: (payload) => ledger.accept({ call: asCallId(`call-${(lastCall += 1)}`), tenant: 'demo', seq: 1, payload }),
    reaches: (op, states, limitMs = 20_000) =>
      eventually(
        `operation is ${states.join(' or ')}`,
        () => {
          const row = ledger.get(op);
          return row !== null && states.includes(row.state) ? row : null;
        },
        limitMs,
      ),
    entries,
    faultFired: (point) => existsSync(join(runDir, `fault-${point}.fired`)),
    close: async () => {
      await killWorker();
      stop.abort();
      await bookings.close();
      await Promise.all([redis.kill(), calendar.kill()]);
      ledger.close();
      folder.remove();
    },
  };
}
