import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { AppError, describeError, toAppError } from '../../base/app-error.ts';
import { runNaive } from './naive.ts';
import type { FaultReport } from './report.ts';
import { runFaults, type FaultRun } from './run.ts';

const OPS_MAX = 50_000;
const SEED_MAX = 2 ** 31;
/** How long an orderly end may take, in milliseconds. */
const STOP_MS_MAX = 5000;
/** Findings whose whole story is told. */
const TOLD_MAX = 10;

const write = (line: string): void => void process.stderr.write(`${line}\n`);

function wholeNumber(name: string, text: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) >= 1 && Number(text) <= max) return Number(text);
  throw new AppError('usage', `--${name}: got ${text}, expected a whole number from 1 to ${max}`);
}

interface Options {
  readonly run: Omit<FaultRun, 'signal'>;
  readonly isNaive: boolean;
  /** A story whose trace is told whatever came of it. */
  readonly story: number | null;
}

function optionsFrom(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        ops: { type: 'string', default: '100' },
        seed: { type: 'string' },
        destination: { type: 'string', default: 'caldav' },
        naive: { type: 'boolean', default: false },
        story: { type: 'string' },
      },
    });
    const seed = values.seed === undefined ? randomInt(1, SEED_MAX) : wholeNumber('seed', values.seed, SEED_MAX);
    const story = values.story === undefined ? null : wholeNumber('story', values.story, OPS_MAX);
    const ops = wholeNumber('ops', values.ops, OPS_MAX);
    return { run: { ops, seed, destination: values.destination, write }, isNaive: values.naive, story };
  } catch (error) {
    throw toAppError(error, 'usage');
  }
}

/** What went wrong, each with all that happened around it. */
function tell({ findings, traceOf, figures, slowestStory, complaints, ownP95Ms, notAccepted }: FaultReport, asked: number | null): void {
  for (const { failure, story, what } of findings) write(`${failure}: story ${story ?? '-'}: ${what}`);
  const stories = [...new Set(findings.flatMap(({ story }) => story ?? []))].slice(0, TOLD_MAX);
  for (const story of asked === null ? stories : [asked, ...stories]) write([`\nstory ${story}:`, ...traceOf(story)].join('\n'));
  for (const [what, count] of Object.entries(complaints)) write(`logged as an error by workers, ${count} times: ${what}`);
  if (notAccepted > 0) write(`not accepted by the ledger: ${notAccepted}`);
  write(`of the answers, without waiting for the worker: ${ownP95Ms} ms (p95)`);
  if (slowestStory !== null) write(`slowest: story ${slowestStory} (--story ${slowestStory} tells it)`);
  if (figures.unfired.length > 0) write(`planned and not fired: ${figures.unfired.join(', ')}`);
}

/** `npm run faults -- --ops N --seed S [--destination caldav|fhir|tryton] [--naive] [--story N]`: one line of JSON on stdout; 1 when something went wrong. */
async function main(): Promise<number> {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      controller.abort();
      // Every server and process dies with this one.
      setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
    });
  try {
    const { run, isNaive, story } = optionsFrom(process.argv.slice(2));
    const again = `--ops ${run.ops} --seed ${run.seed} --destination ${run.destination}`;
    write(`${isNaive ? 'the baseline' : 'faults'}, to be repeated with ${again}`);
    if (isNaive) {
      process.stdout.write(`${JSON.stringify(await runNaive({ ...run, signal: controller.signal }))}\n`);
      return 0;
    }
    const report = await runFaults({ ...run, signal: controller.signal });
    tell(report, story);
    process.stdout.write(`${JSON.stringify(report.figures)}\n`);
    return report.findings.length === 0 ? 0 : 1;
  } catch (error) {
    const failure = toAppError(error, 'process_failed');
    write(describeError(failure));
    return failure.entry.exitCode;
  }
}

process.exitCode = await main();
