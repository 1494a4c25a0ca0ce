import { pino, type Logger as Pino } from 'pino';
import type { Logger } from '../../ports/logger.ts';

export interface LogOptions {
  /** Name of the process that writes. */
  readonly process: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Write fields under `pii`; otherwise they are dropped before they reach the log. */
  readonly personalData: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

function wrap(log: Pino, personalData: boolean): Logger {
  const clean = (fields: Fields | undefined): Fields => {
    if (fields === undefined || personalData || !('pii' in fields)) return fields ?? {};
    const { pii: _dropped, ...rest } = fields;
    return rest;
  };
  return {
    debug: (message, fields) => log.debug(clean(fields), message),
    info: (message, fields) => log.info(clean(fields), message),
    warn: (message, fields) => log.warn(clean(fields), message),
    error: (message, fields) => log.error(clean(fields), message),
    child: (fields) => wrap(log.child(clean(fields)), personalData),
  };
}

/** JSON lines on standard output; the supervisor sends them to var/log. */
export function createLog(options: LogOptions): Logger {
  return wrap(
    pino({
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    }),
    options.personalData,
  );
}
