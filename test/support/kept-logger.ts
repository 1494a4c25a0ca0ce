import type { Logger } from '../../src/ports/logger.ts';

/** Keeps what was logged, for tests that look at it. */
export interface KeptLogger extends Logger {
  readonly lines: { readonly level: string; readonly message: string }[];
}

export function createKeptLogger(): KeptLogger {
  const lines: { readonly level: string; readonly message: string }[] = [];
  const at = (level: string) => (message: string) => void lines.push({ level, message });
  const logger: KeptLogger = { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => logger };
  return logger;
}
