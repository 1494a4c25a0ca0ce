import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { Scope } from '../../base/scope.ts';
import type { Logger } from '../../ports/logger.ts';

/** How one process is started and how it is known to be well. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Resolves when the process can be used; throws an AppError when it never will. */
  readonly isReady: (options: { readonly signal: AbortSignal }) => Promise<void>;
  /** Names of processes that must be ready before this one is started. */
  readonly after: readonly string[];
  /** Time to become ready, and to end after SIGTERM before SIGKILL, in milliseconds. */
  readonly readyMsMax: number;
  readonly stopMsMax: number;
}

export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number | null;
  readonly restarts: number;
}

export interface Supervisor {
  /** Starts everything in order. Throws `process_failed` naming the process and its log when one does not become ready. */
  start(): Promise<void>;
  processes(): readonly SupervisedProcess[];
  /** Stops a process and keeps it stopped until `resume`; simulations only. */
  hold(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  stop(): Promise<void>;
}

const RESTART_MS_MIN = 50;
const RESTART_MS_MAX = 5000;
/** A process that ran this long is healthy again: its next restart is quick. */
const HEALTHY_MS = 20_000;
const LOG_TAIL_CHARS = 2000;

interface Running {
  readonly spec: ProcessSpec;
  child: ChildProcess | null;
  startedAtMs: number;
  restarts: number;
  delayMs: number;
  isHeld: boolean;
  tail: string;
}

export interface SupervisorOptions {
  readonly specs: readonly ProcessSpec[];
  readonly logDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly scope: Scope;
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    // A program that could not be started at all has no exit.
    child.once('close', () => resolve());
  });
}

async function endChild(child: ChildProcess, stopMsMax: number): Promise<void> {
  const over = exited(child);
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await over;
  clearTimeout(timer);
}

function launch(running: Running, options: SupervisorOptions, onExit: () => void): void {
  const { spec } = running;
  const child = spawn(spec.command, [...spec.args], { cwd: spec.cwd, env: { ...spec.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.child = child;
  running.startedAtMs = options.clock.monotonicMs();
  running.tail = '';
  const file = createWriteStream(join(options.logDir, `${spec.name}.log`), { flags: 'a', mode: 0o600 });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      running.tail = (running.tail + chunk.toString('utf8')).slice(-LOG_TAIL_CHARS);
      file.write(chunk);
    });
  }
  child.on('error', (error) => {
    running.tail += error.message;
  });
  child.on('close', () => file.end());
  void exited(child).then(onExit);
}

async function becomeReady(running: Running, options: SupervisorOptions): Promise<void> {
  const { spec, child } = running;
  const scope = options.scope.child(`ready ${spec.name}`);
  const limit = AbortSignal.any([scope.signal, AbortSignal.timeout(spec.readyMsMax)]);
  const died = child === null ? Promise.resolve() : exited(child);
  try {
    await Promise.race([
      spec.isReady({ signal: limit }),
      died.then(() => {
        throw new AppError('process_failed', `${spec.name} ended while starting:\n${running.tail.trim()}`, {
          details: { process: spec.name, exitCode: child?.exitCode ?? null },
        });
      }),
    ]);
  } catch (error) {
    if (!limit.aborted || scope.signal.aborted) throw error;
    throw new AppError(
      'process_failed',
      `${spec.name} was not ready within ${spec.readyMsMax} ms; see ${join(options.logDir, `${spec.name}.log`)}\n${running.tail.trim()}`,
      { cause: error },
    );
  } finally {
    scope.dispose();
  }
}

/** Starts each process as soon as those before it are ready. */
async function startInOrder(all: readonly Running[], startOne: (running: Running) => Promise<void>): Promise<void> {
  const done = new Map<string, Promise<void>>();
  for (const running of all) {
    const { name, after } = running.spec;
    const before = after.map(
      (other) =>
        done.get(other) ?? Promise.reject(new AppError('invariant_broken', `${name} comes after ${other}, which is not listed before it`)),
    );
    done.set(
      name,
      Promise.all(before).then(() => startOne(running)),
    );
  }
  await Promise.all(done.values());
}

/** Starts processes in order, restarts those that end (50 ms to 5 s apart), and stops all in reverse order. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { scope, log, clock } = options;
  const all = new Map<string, Running>(
    options.specs.map((spec) => [
      spec.name,
      { spec, child: null, startedAtMs: 0, restarts: 0, delayMs: RESTART_MS_MIN, isHeld: false, tail: '' },
    ]),
  );
  const get = (name: string): Running => {
    const running = all.get(name);
    if (running === undefined) throw new AppError('usage', `no process ${name}`);
    return running;
  };
  let starting = true;
  const onExit = (running: Running): void => {
    const { spec, child } = running;
    running.child = null;
    if (scope.signal.aborted || running.isHeld || starting) return;
    if (clock.monotonicMs() - running.startedAtMs > HEALTHY_MS) running.delayMs = RESTART_MS_MIN;
    running.restarts += 1;
    log.warn('process ended and is restarted', {
      process: spec.name,
      exitCode: child?.exitCode ?? null,
      signalCode: child?.signalCode ?? null,
      restarts: running.restarts,
      delayMs: running.delayMs,
    });
    clock.sleep(running.delayMs, { signal: scope.signal }).then(
      () => {
        if (!running.isHeld && running.child === null) launch(running, options, () => onExit(running));
      },
      () => undefined,
    );
    running.delayMs = Math.min(running.delayMs * 2, RESTART_MS_MAX);
  };
  const startOne = async (running: Running): Promise<void> => {
    launch(running, options, () => onExit(running));
    await becomeReady(running, options);
    log.info('process ready', {
      process: running.spec.name,
      pid: running.child?.pid ?? null,
      tookMs: Math.round(clock.monotonicMs() - running.startedAtMs),
    });
  };
  return {
    start: async () => {
      mkdirSync(options.logDir, { recursive: true, mode: 0o700 });
      await startInOrder([...all.values()], startOne);
      starting = false;
      for (const running of all.values()) if (running.child === null) onExit(running);
    },
    processes: () => [...all.values()].map(({ spec, child, restarts }) => ({ name: spec.name, pid: child?.pid ?? null, restarts })),
    hold: async (name) => {
      const running = get(name);
      running.isHeld = true;
      if (running.child !== null) await endChild(running.child, running.spec.stopMsMax);
    },
    resume: async (name) => {
      const running = get(name);
      if (!running.isHeld) return;
      running.isHeld = false;
      if (running.child === null) await startOne(running);
    },
    stop: async () => {
      scope.cancel(new AppError('cancelled', 'stopping'));
      for (const running of [...all.values()].reverse()) if (running.child !== null) await endChild(running.child, running.spec.stopMsMax);
    },
  };
}
