import { Command, CommanderError } from 'commander';
import { createCipheredJournal, createLedgerStore, ifThere } from '../app/storage.ts';
import { AppError, describeError, toAppError } from '../base/app-error.ts';
import { loadConfig, type Config } from '../config/config.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import { registerCallsList } from './commands/calls/list.ts';
import { registerCallsShow } from './commands/calls/show.ts';
import { registerConfigCheck } from './commands/config/check.ts';
import { registerConfigShow } from './commands/config/show.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDestinationsCheck } from './commands/destinations/check.ts';
import { registerDestinationsList } from './commands/destinations/list.ts';
import { registerDestinationsPlan } from './commands/destinations/plan.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerLedgerExport } from './commands/ledger/export.ts';
import { registerLedgerFindings } from './commands/ledger/findings.ts';
import { registerLedgerList } from './commands/ledger/list.ts';
import { registerLedgerResolve } from './commands/ledger/resolve.ts';
import { registerLedgerRetry } from './commands/ledger/retry.ts';
import { registerLedgerShow } from './commands/ledger/show.ts';
import { registerMessagesList } from './commands/messages/list.ts';
import { registerModelsList } from './commands/models/list.ts';
import { registerModelsVerify } from './commands/models/verify.ts';
import { registerPromisesList } from './commands/promises/list.ts';
import { registerReconcile } from './commands/reconcile.ts';
import { registerRun } from './commands/run.ts';
import { registerSimulate } from './commands/simulate.ts';
import { registerSubjectsErase } from './commands/subjects/erase.ts';
import { registerSubjectsErased } from './commands/subjects/erased.ts';
import { registerTasksDone } from './commands/tasks/done.ts';
import { registerTasksList } from './commands/tasks/list.ts';
import type { CliDeps } from './deps.ts';
import { createOutput, noteMissing } from './output.ts';

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function createDeps(signal: AbortSignal): CliDeps & { readonly close: () => void; readonly exitCode: () => number } {
  const open: (Ledger | Journal)[] = [];
  let exitCode = 0;
  const keep = <T extends Ledger | Journal>(store: T): T => {
    open.push(store);
    return store;
  };
  const config = once((): Config => loadConfig());
  const output = createOutput(process.stdout, process.stderr);
  const ledger = once(() => keep(createLedgerStore(config(), { mustExist: true })));
  const journal = once(() => keep(createCipheredJournal(config(), { mustExist: true })));
  return {
    output,
    signal,
    config,
    ledger,
    ledgerIfThere: once(() => ifThere(ledger) ?? noteMissing(output, 'ledger', config().paths.ledger)),
    journalIfThere: once(() => ifThere(journal) ?? noteMissing(output, 'journal', config().paths.journal)),
    fail: (code) => {
      exitCode = Math.max(exitCode, code);
    },
    close: () => {
      for (const store of open) store.close();
    },
    exitCode: () => exitCode,
  };
}

function createProgram(deps: CliDeps): Command {
  const program = new Command('vestibule').description('A telephone receptionist in a box.').version('0.1.0').exitOverride();
  program.configureOutput({ outputError: (text, write) => write(`${describeError(usageError(text))}\n`) });
  registerRun(program, deps);
  registerDemo(program, deps);
  registerSimulate(program, deps);
  registerDoctor(program, deps);
  const calls = program.command('calls').description('calls and what was said in them');
  registerCallsList(calls, deps);
  registerCallsShow(calls, deps);
  const ledger = program.command('ledger').description('what was written to which destination');
  registerLedgerList(ledger, deps);
  registerLedgerShow(ledger, deps);
  registerLedgerFindings(ledger, deps);
  registerLedgerRetry(ledger, deps);
  registerLedgerResolve(ledger, deps);
  registerLedgerExport(ledger, deps);
  registerReconcile(program, deps);
  const promises = program.command('promises').description('what callers were promised');
  registerPromisesList(promises, deps);
  const destinations = program.command('destinations').description('where is written to');
  registerDestinationsList(destinations, deps);
  registerDestinationsCheck(destinations, deps);
  registerDestinationsPlan(destinations, deps);
  registerMessagesList(program.command('messages').description('messages that callers left'), deps);
  const tasks = program.command('tasks').description('what a person has to do');
  registerTasksList(tasks, deps);
  registerTasksDone(tasks, deps);
  const subjects = program.command('subjects').description('people of whom something is kept');
  registerSubjectsErase(subjects, deps);
  registerSubjectsErased(subjects, deps);
  const models = program.command('models').description('recogniser, voice, act model');
  registerModelsList(models, deps);
  registerModelsVerify(models, deps);
  const config = program.command('config').description('the configuration');
  registerConfigCheck(config, deps);
  registerConfigShow(config, deps);
  for (const command of [program, calls, ledger, promises, destinations, tasks, subjects, models, config]) command.exitOverride();
  return program;
}

/** What the parser says about arguments, on one line. */
const usageError = (text: string): AppError =>
  new AppError(
    'usage',
    text
      .trim()
      .replace(/^error: /, '')
      .replaceAll('\n', ' '),
  );

/** A reader that has seen enough (`| head`) is no failure. `onLost`: what was printed could not be written; called once. */
function watchOutput(stream: NodeJS.WriteStream, onLost: (error: Error) => void): void {
  let isLost = false;
  stream.on('error', (error: Error) => {
    if (isLost || ('code' in error && error.code === 'EPIPE')) return;
    isLost = true;
    onLost(error);
  });
}

async function main(): Promise<number> {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  const deps = createDeps(controller.signal);
  watchOutput(process.stdout, ({ message }) => {
    const failure = new AppError('output_failed', message);
    process.stderr.write(`${describeError(failure)}\n`);
    process.exitCode = failure.entry.exitCode;
  });
  watchOutput(process.stderr, () => undefined);
  try {
    await createProgram(deps).parseAsync(process.argv);
    return deps.exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = toAppError(error, controller.signal.aborted ? 'cancelled' : 'invariant_broken');
    process.stderr.write(`${describeError(failure)}\n`);
    return failure.entry.exitCode;
  } finally {
    deps.close();
  }
}

const exitCode = await main();
process.exitCode ??= exitCode;
