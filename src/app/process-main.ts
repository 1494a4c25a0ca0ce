import { flushCompileCache } from 'node:module';
import { createLog } from '../adapters/log/pino-log.ts';
import { describeError, toAppError } from '../base/app-error.ts';
import { createScope, type Scope } from '../base/scope.ts';
import { loadConfig, type Config } from '../config/config.ts';
import type { Logger } from '../ports/logger.ts';
import { openMonitoring, type Monitoring } from './monitoring.ts';

export interface ProcessContext extends Pick<Monitoring, 'metrics' | 'tracer'> {
  readonly config: Config;
  readonly logger: Logger;
  readonly scope: Scope;
}

/** What a process's own part returns: how it closes. */
export type StopProcess = () => Promise<void>;

/** How long a process may take to close before it ends anyway, in milliseconds. */
const STOP_MS_MAX = 3000;
/** How often a process looks whether its supervisor still lives, in milliseconds. */
const PARENT_CHECK_MS = 500;

/** Read first of all: a supervisor may die while the process is still loading its models. */
const PARENT = process.ppid;

/** A process whose supervisor was killed ends by itself, so that a new supervisor finds ports and sockets free. */
export function endWithParent(end: () => void): void {
  setInterval(() => {
    if (process.ppid !== PARENT) end();
  }, PARENT_CHECK_MS).unref();
}

/**
 * The life of a process: configuration, start, the log line `ready`, stop at SIGTERM or SIGINT or when the supervisor is gone. A start
 * that fails says why on stderr and ends with the exit code of its error.
 */
export async function runProcess(name: string, start: (context: ProcessContext) => Promise<StopProcess>): Promise<void> {
  const scope = createScope(name);
  try {
    const config = loadConfig();
    const logger = createLog({ process: name, level: config.log.level, personalData: config.log.personalData });
    const monitoring = await openMonitoring({ process: name, config, logger });
    const { metrics, tracer } = monitoring;
    const stop = await start({ config, logger, scope, metrics, tracer });
    let ending = false;
    const end = (): void => {
      if (ending) return;
      ending = true;
      setTimeout(() => process.exit(0), STOP_MS_MAX).unref();
      scope.dispose();
      void stop()
        .then(monitoring.close, monitoring.close)
        .finally(() => process.exit(0));
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
    endWithParent(end);
    logger.info('ready', { pid: process.pid });
    // A process that is killed leaves nothing at its end: what it has compiled is kept now, so that its successor is there sooner.
    setImmediate(flushCompileCache);
  } catch (error) {
    const failure = toAppError(error, 'process_failed');
    process.stderr.write(`${describeError(failure)}\n`);
    process.exit(failure.entry.exitCode);
  }
}
