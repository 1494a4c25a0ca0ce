import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { FAULT_POINTS, installFaultHandler, isFaultPoint, type FaultPoint } from '../../base/fault-point.ts';

/** The name under which a process dies wherever a death is ordered, as often as one is. */
export const ON_ORDER = 'on_order';

/**
 * Lets this process kill itself at the fault point that the configuration names; tests only. That happens once: a marker in `runDir`
 * outlives the process, and shows that the point was reached. With `on_order` it happens at the point of the next order (`orderDeath`),
 * again and again. Throws `config_invalid` for an unknown name.
 */
export function installFaultSwitch(name: string | null, runDir: string): void {
  if (name === null) return;
  if (name !== ON_ORDER && !isFaultPoint(name))
    throw new AppError('config_invalid', `  simulation.faultPoint: got ${name}, expected one of ${[...FAULT_POINTS, ON_ORDER].join(', ')}`);
  const dies = name === ON_ORDER ? takeOrder : markFirst;
  installFaultHandler((point) => {
    if ((name === ON_ORDER || point === name) && dies(runDir, point)) process.kill(process.pid, 'SIGKILL');
  });
}

const markerOf = (runDir: string, what: string): string => join(runDir, `fault-${what}.fired`);
const orderOf = (runDir: string): string => join(runDir, 'fault.ordered');

/** The next process that comes by at this point dies there, if it was told to die on order. */
export function orderDeath(runDir: string, point: FaultPoint): void {
  writeFileSync(orderOf(runDir), point, { mode: 0o600 });
}

/** True until somebody has died of the last order. */
export function isDeathOrdered(runDir: string): boolean {
  return existsSync(orderOf(runDir));
}

/** Leaves evidence of a fault that is about to happen. */
export function markFired(runDir: string, what: string): void {
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  appendFileSync(markerOf(runDir, what), `${process.pid}\n`, { mode: 0o600 });
}

/** How often a fault has happened, by the evidence that it left. */
export function timesFired(runDir: string, what: string): number {
  try {
    return readFileSync(markerOf(runDir, what), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Of two processes that come by, the one that takes the order away is the one that dies. */
function takeOrder(runDir: string, point: FaultPoint): boolean {
  try {
    if (readFileSync(orderOf(runDir), 'utf8') !== point) return false;
    rmSync(orderOf(runDir));
    markFired(runDir, point);
    return true;
  } catch {
    return false;
  }
}

function markFirst(runDir: string, point: FaultPoint): boolean {
  try {
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    closeSync(openSync(markerOf(runDir, point), 'wx', 0o600));
    markFired(runDir, point);
    return true;
  } catch {
    return false;
  }
}
