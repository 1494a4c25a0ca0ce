import { calendarReady, prepareServer, serversOf } from '../src/app/stack.ts';
import { AppError, describeError, toAppError } from '../src/base/app-error.ts';
import { loadConfig } from '../src/config/config.ts';

const READY_MS_MAX = 20_000;

/**
 * What the unit of a server starts: `run-server.ts asterisk|redis|calendar` writes the server's files and becomes the server, in the same
 * process. `--ready` waits until it can be used; for the calendar, that it exists.
 */
async function main(name: string | undefined, flag: string | undefined): Promise<void> {
  const config = loadConfig();
  const server = serversOf(config).find((known) => known === name);
  if (server === undefined) throw new AppError('usage', `run-server.ts ${serversOf(config).join('|')} [--ready]`);
  if (flag === '--ready') {
    if (server === 'calendar') await calendarReady(config, { signal: AbortSignal.timeout(READY_MS_MAX) });
    return;
  }
  const { command, args, env, cwd } = await prepareServer(server, config);
  if (process.execve === undefined) throw new AppError('program_missing', 'this Node cannot become another program; run it with bin/node');
  process.chdir(cwd);
  process.execve(command, [command, ...args], { ...env });
}

try {
  await main(process.argv[2], process.argv[3]);
} catch (error) {
  const failure = toAppError(error, 'process_failed');
  process.stderr.write(`${describeError(failure)}\n`);
  process.exitCode = failure.entry.exitCode;
}
