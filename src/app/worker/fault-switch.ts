import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { FAULT_POINTS, installFaultHandler, isFaultPoint } from '../../base/fault-point.ts';

/**
 * Lets this process kill itself at the fault point that the configuration names; tests only. It happens once: a marker file in `runDir`
 * outlives the process, and shows that the point was reached. Throws `config_invalid` for an unknown name.
 */
export function installFaultSwitch(name: string | null, runDir: string): void {
  if (name === null) return;
  if (!isFaultPoint(name))
    throw new AppError('config_invalid', `  simulation.faultPoint: got ${name}, expected one of ${FAULT_POINTS.join(', ')}`);
  installFaultHandler((point) => {
    if (point !== name || !markFirst(join(runDir, `fault-${name}.fired`))) return;
    process.kill(process.pid, 'SIGKILL');
  });
}

function markFirst(path: string): boolean {
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch {
    return false;
  }
}
