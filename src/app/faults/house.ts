import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createBullQueue } from '../../adapters/bullmq/bull-queue.ts';
import { createSystemClock } from '../../adapters/clock/system-clock.ts';
import { createFaultProxy, type FaultProxy, type ProxiedRequest } from '../../adapters/fault-proxy/fault-proxy.ts';
import type { RequestFault } from '../../adapters/fault-proxy/misbehave.ts';
import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { createScope } from '../../base/scope.ts';
import { loadConfig } from '../../config/config.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Queue } from '../../ports/queue.ts';
import { createBookings } from '../bookings.ts';
import { ON_ORDER } from '../worker/fault-switch.ts';
import { createLedgerStore } from '../storage.ts';
import type { DaemonParts } from './answer-caller.ts';
import { createCaldavTarget } from './caldav/caldav-target.ts';
import { createFhirTarget } from './fhir/fhir-target.ts';
import { createKillableRedis, type KillableServer } from './killable-server.ts';
import type { FaultPlan } from './plan.ts';
import type { FaultTarget, FaultTargetKind } from './target.ts';
import { createTrytonTarget } from './tryton/tryton-target.ts';
import { createTrace, type Trace } from './trace.ts';
import { createWorkerKeeper, type WorkerKeeper } from './worker-keeper.ts';

/** Destinations that can be put under fault. */
const TARGETS: Readonly<Record<string, FaultTargetKind>> = {
  caldav: { create: createCaldavTarget, takesMessages: false },
  fhir: { create: createFhirTarget, takesMessages: true },
  tryton: { create: createTrytonTarget, takesMessages: true },
};

/** A kind of destination by its name. Throws `usage` for one that there is not. */
export function kindOf(name: string): FaultTargetKind {
  const kind = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (kind === undefined) throw new AppError('usage', `there is no destination ${name}; there is ${Object.keys(TARGETS).join(', ')}`);
  return kind;
}

/** A real destination behind the fault proxy. */
export interface FaultyDestination {
  readonly plan: FaultPlan;
  readonly folder: string;
  readonly target: FaultTarget;
  readonly proxy: FaultProxy;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Stops the server and removes the folder, unless it is to be kept. */
  close(options: { readonly keep: boolean }): Promise<void>;
}

/** The write-back as installed, with the harness in the place of the daemon. */
export interface FaultHouse extends FaultyDestination {
  readonly daemon: DaemonParts;
  readonly queue: Queue;
  readonly redis: KillableServer & { readonly socket: string };
  readonly keeper: WorkerKeeper;
  /** Times from a kill until work went on, in milliseconds; null where something else kept it up. */
  readonly recoveries: { readonly daemon: Promise<number | null>[]; readonly redis: Promise<number>[] };
  /** True while workers leave the destination alone because it does not answer. */
  readonly isLeftAlone: () => boolean;
  /** Where faults leave their evidence. */
  readonly runDir: string;
  /** A configuration for further processes of the product. */
  readonly configFile: string;
}

/** Faults of single requests, as the plan has them for the first requests of each story; what fires is counted. */
function createChooser(plan: FaultPlan, target: FaultTarget, trace: Trace): (request: ProxiedRequest) => RequestFault | null {
  const seen = new Map<string, number>();
  return (request) => {
    const index = target.storyOf(request);
    const story = index === null ? undefined : plan.stories[index];
    if (story === undefined) return null;
    const what = target.isWrite(request) ? 'write' : 'read';
    const number = seen.get(`${what}/${story.index}`) ?? 0;
    seen.set(`${what}/${story.index}`, number + 1);
    const fault = story.faults[what][number] ?? null;
    trace.note(story.index, `${request.method} ${number + 1}${fault === null ? '' : ` is hit: ${fault.kind} ${fault.delayMs}`}`);
    if (fault !== null) trace.fired(`${what}.${fault.kind}`);
    return fault;
  };
}

/** Starts a destination behind the proxy. Throws `usage` for one that there is not. */
export async function openDestination(plan: FaultPlan, name: string): Promise<FaultyDestination> {
  const { create } = kindOf(name);
  // Sockets lie below this folder and their paths are short by law.
  const folder = mkdtempSync(join(tmpdir(), 'vf-'));
  const clock = createSystemClock();
  const trace = createTrace(() => clock.monotonicMs());
  const target = await create(folder, plan.stories.length);
  await target.server.start();
  await target.prepare();
  const proxy = await createFaultProxy(target.upstream, (request) => target.isWrite(request), {
    route: (request) => target.route(request),
    onAnswered: (request, status) => {
      const story = target.storyOf(request);
      if (story !== null) trace.note(story, `${request.method} answered by the destination: ${status ?? 'no answer'}`);
    },
  });
  proxy.direct(createChooser(plan, target, trace));
  return {
    plan,
    folder,
    target,
    proxy,
    clock,
    trace,
    close: async ({ keep }) => {
      await proxy.close();
      await target.server.kill();
      await target.close?.();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether the write lock of the ledger is to be had at once. */
function isLedgerFree(path: string): boolean {
  const db = new Database(path, { timeout: 0 });
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch {
    return false;
  } finally {
    db.close();
  }
}

/** Whether workers leave some destination alone, read in the ledger. */
function createBreakerLook(path: string): { isLeftAlone(): boolean; close(): void } {
  const db = new Database(path, { readonly: true });
  const breakers = db.prepare('SELECT 1 FROM breaker LIMIT 1');
  return { isLeftAlone: () => db.open && breakers.get() !== undefined, close: () => db.close() };
}

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};

/** Starts everything else around a destination: Redis, ledger, worker, and the daemon's way to them. */
export async function openHouse(destination: FaultyDestination): Promise<FaultHouse> {
  const { plan, folder, target, proxy, clock, trace } = destination;
  const dataDir = join(folder, 'var');
  const runDir = join(dataDir, 'run');
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const redis = createKillableRedis(runDir);
  await redis.start();
  const configure = (name: string, faultPoint: string | null): string => {
    const path = join(folder, `${name}.yaml`);
    const config = {
      dataDir,
      tenant: 'faults',
      redis: { managed: false, socket: redis.socket },
      simulation: { faultPoint, seed: plan.seed },
      ...target.configuration(proxy.port),
    };
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    return path;
  };
  const configFile = configure('daemon', null);
  const config = loadConfig(configFile);
  const ledger = createLedgerStore(config);
  const scope = createScope('faults');
  const bookings = createBookings({ config, ledger, clock, log: quiet, signal: scope.signal });
  const queue = createBullQueue({ socket: redis.socket, log: quiet });
  const breakers = createBreakerLook(config.paths.ledger);
  const keeper = createWorkerKeeper({
    configFile: configure('worker', ON_ORDER),
    isLedgerFree: () => isLedgerFree(config.paths.ledger),
    isLeftAlone: breakers.isLeftAlone,
    clock,
    trace,
  });
  await keeper.start();
  return {
    ...destination,
    daemon: { ledger, bookings, clock, practice: config.profile },
    queue,
    redis,
    keeper,
    recoveries: { daemon: [], redis: [] },
    isLeftAlone: breakers.isLeftAlone,
    runDir,
    configFile,
    close: async (options) => {
      await keeper.stop();
      breakers.close();
      scope.dispose();
      await Promise.allSettled([bookings.close(), queue.close()]);
      await redis.kill();
      ledger.close();
      await destination.close(options);
    },
  };
}
