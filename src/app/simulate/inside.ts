import { text } from 'node:stream/consumers';
import { toAppError } from '../../base/app-error.ts';
import { loadConfig } from '../../config/config.ts';
import { endWithParent } from '../process-main.ts';
import type { InsideAnswer, InsideRequest } from './isolation.ts';
import { runFiles } from './run-files.ts';

/** Main of the process that plays scenarios: one JSON answer per line on standard output, words on standard error. */
const controller = new AbortController();
const answer = (line: InsideAnswer): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
process.on('SIGTERM', () => controller.abort());
process.on('SIGINT', () => controller.abort());
endWithParent(() => controller.abort());

try {
  const request = JSON.parse(await text(process.stdin)) as InsideRequest;
  await runFiles({
    base: loadConfig(request.configFile),
    files: request.files,
    signal: controller.signal,
    write: (line) => void process.stderr.write(`${line}\n`),
    onReady: () => answer({ ready: true }),
    onReport: (report) => answer({ report }),
  });
} catch (error) {
  const failure = toAppError(error, 'process_failed');
  answer({ error: { code: failure.code, message: failure.message } });
  process.exitCode = failure.entry.exitCode;
}
