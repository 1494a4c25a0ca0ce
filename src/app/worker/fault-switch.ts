import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { FAULT_POINTS, installFaultHandler, isFaultPoint, type FaultPoint } from '../../base/fault-point.ts';

/** What the switch waits for: a point, and at which of this process's visits to it. Null: the first visit of the first process only. */
interface Trigger {
  readonly point: FaultPoint;
  readonly visit: number | null;
}

/** `after_claim`, or `after_claim#3` for the third visit. Throws `config_invalid`. */
function triggerOf(name: string): Trigger {
  const [point = '', visit, ...rest] = name.split('#');
  if (isFaultPoint(point) && rest.length === 0) {
    if (visit === undefined) return { point, visit: null };
    if (/^[1-9]\d{0,5}$/.test(visit)) return { point, visit: Number(visit) };
  }
  throw new AppError(
    'config_invalid',
    `  simulation.faultPoint: got ${name}, expected one of ${FAULT_POINTS.join(', ')}, or one of them with the number of a visit (after_claim#3)`,
  );
}

/**
 * Lets this process kill itself at the fault point that the configuration names; tests only. A bare name does so once: a marker in
 * `runDir` outlives the process. With the number of a visit every process that is started with it dies there. Each death leaves a line in
 * the marker. Throws `config_invalid` for a name that it does not know.
 */
export function installFaultSwitch(name: string | null, runDir: string): void {
  if (name === null) return;
  const { point, visit } = triggerOf(name);
  let visits = 0;
  installFaultHandler((reached) => {
    if (reached !== point) return;
    visits += 1;
    if (visit === null ? markFirst(runDir, point) : visits === visit && markFired(runDir, point)) process.kill(process.pid, 'SIGKILL');
  });
}

const markerOf = (runDir: string, what: string): string => join(runDir, `fault-${what}.fired`);

/** Leaves evidence of a fault that is about to happen; true. */
export function markFired(runDir: string, what: string): true {
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  appendFileSync(markerOf(runDir, what), `${process.pid}\n`, { mode: 0o600 });
  return true;
}

/** How often a fault has happened, by the evidence that it left. */
export function timesFired(runDir: string, what: string): number {
  try {
    return readFileSync(markerOf(runDir, what), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

function markFirst(runDir: string, what: string): boolean {
  try {
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    closeSync(openSync(markerOf(runDir, what), 'wx', 0o600));
    return markFired(runDir, what);
  } catch {
    return false;
  }
}
