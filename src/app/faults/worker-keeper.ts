import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { Trace } from './trace.ts';
import { spawnProgram, type Program } from './program.ts';

/** How soon a worker that was killed is started again, in milliseconds: the supervisor's own pause after a first failure. */
const RESTART_MS = 50;
/** Exit code of a process that its surroundings keep from starting, and how often in a row that may be. */
const CANNOT_START = 3;
const STARTS_MAX = 20;
/** How often, and how far apart in milliseconds, a worker is tried to be frozen outside of its transactions. */
const FREEZES_MAX = 50;
const FREEZE_AGAIN_MS = 15;
/** How long a worker that was frozen goes on after it was thawed, beside its successor, in milliseconds. */
const ZOMBIE_MS = 1500;

/** Keeps a worker running while it is killed over and over. */
export interface WorkerKeeper {
  /** Starts the first worker. */
  start(): Promise<void>;
  /** SIGKILL; the next one starts by itself. False when none was alive to be killed. */
  kill(): boolean;
  /** Freezes the worker, starts its successor, and later lets it go on as if nothing had happened. Resolves when it is gone. */
  freeze(forMs: number): Promise<void>;
  readonly kills: () => number;
  /** Longest time from a kill until work went on: the next worker was there, and had taken over what was left. Milliseconds. */
  readonly recoveryMsMax: () => number;
  /** When the newest worker became ready, on the monotonic clock. */
  readonly readyAtMs: () => number;
  /** Rejects when a worker has ended by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export interface WorkerKeeperOptions {
  /** The configuration of every worker. */
  readonly configFile: string;
  /** False while some process is within a transaction. */
  readonly isLedgerFree: () => boolean;
  /** True while workers leave the destination alone because it does not answer: nothing can be taken over then. */
  readonly isLeftAlone: () => boolean;
  readonly clock: Clock;
  readonly trace: Trace;
}

/** Measures how long work stands still after a death, by what the next workers say. */
function createRecoveryWatch({ clock, trace, isLeftAlone }: WorkerKeeperOptions): {
  /** A worker was killed; false: it was frozen, and what is taken over from it tells nothing about a kill. */
  died(isKilled: boolean): void;
  hear(line: string, worker: string): void;
  readonly msMax: () => number;
  readonly readyAtMs: () => number;
} {
  let diedAtMs: number | null = null;
  let readyAtMs = 0;
  let msMax = 0;
  let leftAloneAtMs = 0;
  /** The worker that spoke of an operation last: what a living worker takes over from itself tells nothing about a death. */
  const lastWorker = new Map<string, string>();
  return {
    died: (isKilled) => {
      diedAtMs = isKilled ? clock.monotonicMs() : null;
    },
    hear: (line, worker) => {
      const { message, op } = trace.workerLine(line, worker);
      const nowMs = clock.monotonicMs();
      if (message === 'ready') readyAtMs = nowMs;
      if (isLeftAlone()) leftAloneAtMs = nowMs;
      const isBack = message === 'ready' || (message === 'operation taken over' && op !== null && lastWorker.get(op) !== worker);
      if (op !== null) lastWorker.set(op, worker);
      if (!isBack || diedAtMs === null || (message !== 'ready' && leftAloneAtMs > diedAtMs)) return;
      const ms = Math.round(nowMs - diedAtMs);
      if (ms > msMax) trace.note(null, `the longest recovery so far: ${ms} ms until ${message} ${op ?? ''}`);
      msMax = Math.max(msMax, ms);
    },
    msMax: () => msMax,
    readyAtMs: () => readyAtMs,
  };
}

const NEVER = new AbortController().signal;

/** Freezes a worker where it holds nothing that others wait for; after some attempts, wherever it is. */
async function stopBetweenTransactions(worker: Program, { clock, trace, isLedgerFree }: WorkerKeeperOptions): Promise<void> {
  worker.kill('SIGSTOP');
  for (let attempts = 1; attempts < FREEZES_MAX && !isLedgerFree(); attempts += 1) {
    worker.kill('SIGCONT');
    await clock.sleep(FREEZE_AGAIN_MS, { signal: NEVER });
    worker.kill('SIGSTOP');
  }
  trace.note(null, 'the worker is frozen, and its successor starts');
}

/** Lets a frozen worker go on after a while, as if nothing had happened, and then ends it. */
async function haunt(frozen: Program, forMs: number, { clock, trace }: WorkerKeeperOptions): Promise<void> {
  await clock.sleep(forMs, { signal: NEVER });
  frozen.kill('SIGCONT');
  trace.note(null, 'the frozen worker goes on');
  await clock.sleep(ZOMBIE_MS, { signal: NEVER });
  frozen.kill('SIGKILL');
  await frozen.ended;
}

/** A predecessor that is frozen within a transaction holds the ledger, so that its successor cannot start yet. */
function causeOf(worker: Program): 'killed' | 'cannot_start' | 'other' {
  const fate = worker.fate();
  if (fate?.signal === 'SIGKILL') return 'killed';
  return fate?.code === CANNOT_START && !worker.isReady() ? 'cannot_start' : 'other';
}

export function createWorkerKeeper(options: WorkerKeeperOptions): WorkerKeeper {
  const { configFile, trace } = options;
  const watch = createRecoveryWatch(options);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let current: Program | null = null;
  let generation = 0;
  let kills = 0;
  let failedStarts = 0;
  let isStopping = false;
  const spawn = (): Program => {
    generation += 1;
    const name = `worker ${generation}`;
    const worker = spawnProgram('worker.ts', { configFile, onLine: (line) => watch.hear(line, name) });
    void worker.ended.then(() => onEnded(worker, name));
    return worker;
  };
  const onEnded = (worker: Program, name: string): void => {
    if (isStopping || worker !== current) return;
    const cause = causeOf(worker);
    failedStarts = cause === 'cannot_start' ? failedStarts + 1 : 0;
    trace.note(null, `${name}: ${cause}`);
    if (cause === 'other' || failedStarts > STARTS_MAX) {
      failure.reject(new AppError('process_failed', `${name} ended by itself: ${JSON.stringify(worker.fate())}`));
      return;
    }
    if (cause === 'killed') {
      kills += 1;
      watch.died(true);
    }
    setTimeout(() => {
      if (!isStopping && worker === current) current = spawn();
    }, RESTART_MS);
  };
  const kill = (): boolean => {
    if (current === null || current.fate() !== null) return false;
    current.kill('SIGKILL');
    return true;
  };
  return {
    start: async () => {
      current = spawn();
      await current.ready();
    },
    kill,
    freeze: async (forMs) => {
      const frozen = current;
      if (frozen === null) return;
      await stopBetweenTransactions(frozen, options);
      watch.died(false);
      current = spawn();
      await haunt(frozen, forMs, options);
      kills += 1;
    },
    kills: () => kills,
    recoveryMsMax: watch.msMax,
    readyAtMs: watch.readyAtMs,
    failed: failure.promise,
    stop: async () => {
      isStopping = true;
      kill();
      await current?.ended;
    },
  };
}
