import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAriClient } from '../../adapters/asterisk/ari-client.ts';
import { APP_CALLERS } from '../../adapters/asterisk/asterisk-switch.ts';
import { createSystemClock, type SimulationState } from '../../adapters/clock/system-clock.ts';
import { followEventFeed, type TimedFeedEvent } from '../../adapters/feed/event-feed.ts';
import { createFaultProxy, type FaultProxy } from '../../adapters/fault-proxy/fault-proxy.ts';
import { freeTcpPort, freeUdpPort } from '../../adapters/process/free-port.ts';
import { pollUntil } from '../../adapters/process/poll.ts';
import { AppError } from '../../base/app-error.ts';
import { createScope } from '../../base/scope.ts';
import { makeConfig, PROJECT_DIR, readSecret, type Config } from '../../config/config.ts';
import type { Killable } from '../../domain/scenario/scenario.ts';
import type { Logger } from '../../ports/logger.ts';
import { simulationFile } from '../simulation-file.ts';
import { startStack, type Stack } from '../stack.ts';
import { createCalendarDesk, type CalendarDesk } from './calendar-desk.ts';
import { signalFamily } from './process-signals.ts';

/** A running product of its own: servers, processes, data, and a calendar that can be made to misbehave. */
export interface Sandbox {
  readonly config: Config;
  readonly calendar: CalendarDesk;
  readonly proxy: FaultProxy;
  readonly frontdeskPassword: string;
  /** Follows the product's reports; returns how to stop. */
  watch(listener: (event: TimedFeedEvent) => void): () => void;
  /** Forgets everything that calls have left: ledger, journal, calendar. Ends frozen and missing processes' state as well. */
  reset(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Sets what the time is for callers, and which days are closed. */
  setBusinessTime(state: { readonly now: string | null; readonly holidays: readonly string[] }): void;
  kill(name: Killable): void;
  freeze(name: Killable): void;
  /** Stops a process and keeps it stopped until `restore`. */
  hold(name: Killable): Promise<void>;
  /** Everything that was held or frozen runs again when this resolves. */
  restore(): Promise<void>;
  /** Stops everything; data is deleted unless `keep`, which returns where it lies. */
  close(options: { readonly keep: boolean }): Promise<string | null>;
}

const HOST = '127.0.0.1';
const RTP_PORTS = 100;
/** The processes that hold a connection to the ledger. */
const LEDGER_PROCESSES = ['daemon', 'worker'] as const;
const CONNECT_MS_MAX = 10_000;

/** The log of the supervisor: only what an administrator would have to know, on standard error. */
export function quietLog(write: (line: string) => void): Logger {
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, fields) => write(`${message} ${JSON.stringify(fields ?? {})}`),
    error: (message, fields) => write(`${message} ${JSON.stringify(fields ?? {})}`),
    child: () => log,
  };
  return log;
}

async function sandboxConfig(base: Config, folder: string, proxyPort: number, calendarPort: number): Promise<Config> {
  const rtpPortMin = 20_000 + randomInt(300) * RTP_PORTS;
  const raw = {
    dataDir: folder,
    practice: base.practiceFile,
    tenant: base.tenant,
    sip: { host: HOST, port: await freeUdpPort(), rtpPortMin, rtpPortMax: rtpPortMin + RTP_PORTS - 1 },
    ari: { host: HOST, port: await freeTcpPort() },
    calendar: {
      managed: true,
      port: calendarPort,
      user: 'practice',
      url: `http://${HOST}:${proxyPort}/practice/appointments/`,
      sandbox: true,
    },
    models: { ...base.models, manifest: base.paths.modelsManifest },
    call: base.call,
    people: base.people,
    log: base.log,
    simulation: { control: true },
  };
  return makeConfig(raw, { file: null, base: PROJECT_DIR });
}

function createBusinessTime(config: Config): Sandbox['setBusinessTime'] {
  return ({ now, holidays }) => {
    const state: SimulationState = { businessOffsetMs: now === null ? 0 : Date.parse(now) - Date.now(), holidays };
    const path = simulationFile(config);
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
}

interface Trouble {
  readonly held: Set<Killable>;
  readonly frozen: Set<number>;
}

function pidOf(stack: Stack, name: Killable): number {
  const pid = stack.supervisor.processes().find((candidate) => candidate.name === name)?.pid ?? null;
  if (pid === null) throw new AppError('process_failed', `${name} is not running, so it cannot be stopped`);
  return pid;
}

function troubleMaker(stack: Stack, trouble: Trouble): Pick<Sandbox, 'kill' | 'freeze' | 'hold' | 'restore'> {
  return {
    kill: (name) => signalFamily(pidOf(stack, name), 'SIGKILL'),
    freeze: (name) => {
      const pid = pidOf(stack, name);
      trouble.frozen.add(pid);
      signalFamily(pid, 'SIGSTOP');
    },
    hold: async (name) => {
      trouble.held.add(name);
      await stack.supervisor.hold(name);
    },
    restore: async () => {
      for (const pid of trouble.frozen) signalFamily(pid, 'SIGCONT');
      trouble.frozen.clear();
      for (const name of trouble.held) await stack.supervisor.resume(name);
      trouble.held.clear();
    },
  };
}

function createReset(stack: Stack, calendar: CalendarDesk, watch: Watch): Sandbox['reset'] {
  const { supervisor, config } = stack;
  return async ({ signal }) => {
    const before = watch.connections();
    for (const name of LEDGER_PROCESSES) await supervisor.hold(name);
    for (const file of [config.paths.ledger, config.paths.journal])
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    await calendar.clear({ signal });
    for (const name of LEDGER_PROCESSES.toReversed()) await supervisor.resume(name);
    await daemonTakesCalls(config, watch, before, signal);
  };
}

interface Watch {
  readonly watch: Sandbox['watch'];
  /** Connections to daemons so far. */
  readonly connections: () => number;
  readonly stop: () => void;
}

function startWatching(config: Config): Watch {
  const controller = new AbortController();
  const listeners = new Set<(event: TimedFeedEvent) => void>();
  let connections = 0;
  followEventFeed({
    path: config.paths.sockets.events,
    signal: controller.signal,
    onConnected: () => {
      connections += 1;
    },
    onEvent: (event) => {
      for (const listener of listeners) listener(event);
    },
  });
  return {
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    connections: () => connections,
    stop: () => controller.abort(),
  };
}

/** Resolves when a daemon started after `since` connections is followed, and the switch hands callers to it. */
async function daemonTakesCalls(config: Config, watch: Watch, since: number, signal: AbortSignal): Promise<void> {
  const log = quietLog(() => undefined);
  const ari = createAriClient(
    { host: config.ari.host, port: config.ari.port, user: config.ari.user, password: readSecret(config.secrets.ariPasswordFile) },
    log,
  );
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS_MAX)]);
  try {
    await pollUntil(async () => {
      if (watch.connections() <= since) return null;
      const { body } = await ari.request({ method: 'GET', path: '/applications' }, { signal: limit });
      return Array.isArray(body) &&
        body.some((app: unknown) => typeof app === 'object' && app !== null && 'name' in app && app.name === APP_CALLERS)
        ? true
        : null;
    }, limit);
  } finally {
    await ari.close();
  }
}

/** Starts a product of its own. Throws what `startStack` throws; nothing is left behind then. */
export async function openSandbox(options: {
  readonly base: Config;
  readonly write: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<Sandbox> {
  // Sockets lie below this folder and their paths are short by law.
  const folder = mkdtempSync(join(tmpdir(), 'vsim-'));
  const shared = options.base.paths.cache;
  mkdirSync(shared, { recursive: true, mode: 0o700 });
  // Decoding graphs and rendered clauses are the same for every run of the same models and practice.
  symlinkSync(shared, join(folder, 'cache'));
  const calendarPort = await freeTcpPort();
  const proxy = await createFaultProxy({ host: HOST, port: calendarPort });
  const scope = createScope('simulation');
  const discard = async (): Promise<void> => {
    scope.dispose();
    await proxy.close();
  };
  let stack: Stack;
  try {
    const config = await sandboxConfig(options.base, folder, proxy.port, calendarPort);
    stack = await startStack({ config, clock: createSystemClock(), log: quietLog(options.write), scope });
  } catch (error) {
    await discard();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const { config } = stack;
  const feed = startWatching(config);
  await daemonTakesCalls(config, feed, 0, options.signal);
  const calendar = createCalendarDesk({
    url: `http://${HOST}:${calendarPort}/practice/appointments/`,
    user: config.calendar.user,
    password: readSecret(config.secrets.calendarPasswordFile),
    timeZone: config.profile.timeZone,
  });
  const maker = troubleMaker(stack, { held: new Set(), frozen: new Set() });
  return {
    config,
    calendar,
    proxy,
    frontdeskPassword: readSecret(stack.frontdeskPasswordFile),
    watch: feed.watch,
    reset: createReset(stack, calendar, feed),
    setBusinessTime: createBusinessTime(config),
    ...maker,
    close: async ({ keep }) => {
      feed.stop();
      await maker.restore().catch(() => undefined);
      await stack.stop();
      await discard();
      if (keep) return folder;
      rmSync(folder, { recursive: true, force: true });
      return null;
    },
  };
}
