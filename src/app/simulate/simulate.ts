import { join } from 'node:path';
import { createCallerVoices } from '../../adapters/caller-voice/caller-voice.ts';
import { AppError } from '../../base/app-error.ts';
import type { Config } from '../../config/config.ts';
import { playInProcess } from './in-process/play-in-process.ts';
import { findIsolation, playInside } from './isolation.ts';
import type { ScenarioReport } from './report.ts';
import { loadScenario, type Scenario } from './scenario.ts';

export type { ScenarioReport } from './report.ts';
export { describeReport } from './report.ts';

export interface SimulateOptions {
  readonly files: readonly string[];
  /** Text in, fake media, virtual clock, instead of real SIP and audio. */
  readonly inProcess: boolean;
  /** Stacks at the same time. */
  readonly jobs: number;
}

export interface SimulateDeps {
  readonly config: Config;
  /** Words about what happens, for people (standard error). */
  readonly write: (line: string) => void;
  /** Called as soon as a file has been played. */
  readonly onReport?: (report: ScenarioReport) => void;
  readonly signal: AbortSignal;
}

const JOBS_MAX = 16;

/** Every voice is looked up before anything is started. Throws `voice_unknown`. */
async function checkVoices(scenarios: readonly Scenario[], { config, signal }: SimulateDeps): Promise<void> {
  const voices = createCallerVoices({ cacheDir: join(config.paths.cache, 'caller') });
  const wanted = new Map(scenarios.flatMap(({ calls }) => calls.map(({ voice }) => [JSON.stringify(voice), voice] as const)));
  for (const voice of wanted.values()) await voices.open(voice, { signal });
}

/** A file may be named twice; its reports then stand in the order they came. */
function inOrderOf(files: readonly string[], reports: readonly ScenarioReport[]): readonly ScenarioReport[] {
  const left = [...reports];
  return files.flatMap((file) => {
    const index = left.findIndex((report) => report.file === file);
    return index < 0 ? [] : left.splice(index, 1);
  });
}

/**
 * Plays scenario files against the product and judges them; one report per file, in the order given. Starts stacks of its own and leaves
 * nothing running. Throws `scenario_invalid`, `voice_unknown`, `destination_not_sandbox`, and what starting a stack throws.
 */
export async function runSimulate(options: SimulateOptions, deps: SimulateDeps): Promise<readonly ScenarioReport[]> {
  const { config, signal } = deps;
  if (options.files.length === 0) throw new AppError('usage', 'name at least one scenario file');
  if (!config.calendar.sandbox)
    throw new AppError('destination_not_sandbox', 'calendar.sandbox is false in the configuration: this calendar is not for simulations');
  const scenarios = options.files.map(loadScenario);
  await checkVoices(scenarios, deps);
  const reports: ScenarioReport[] = [];
  const onReport = (report: ScenarioReport): void => {
    reports.push(report);
    deps.onReport?.(report);
  };
  if (options.inProcess) {
    for (const scenario of scenarios) onReport(await playInProcess(scenario, config));
    return reports;
  }
  const jobs = Math.max(1, Math.min(options.jobs, options.files.length, JOBS_MAX));
  const isolation = await findIsolation();
  if (isolation === null) deps.write('no network namespace can be made here; using free ports on loopback');
  const shares = Array.from({ length: jobs }, (_, job) => options.files.filter((_file, index) => index % jobs === job));
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  for (const files of shares) {
    // Starting a product takes all of a small machine: one at a time.
    const ready = Promise.withResolvers<void>();
    const inside = { write: deps.write, onReady: ready.resolve, onReport, signal: AbortSignal.any([signal, stop.signal]) };
    const played = playInside(isolation, { configFile: config.file, files }, inside).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    });
    running.push(played);
    await Promise.race([ready.promise, played.catch(() => undefined)]);
  }
  const ended = await Promise.allSettled(running);
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw stop.signal.aborted ? stop.signal.reason : failed.reason;
  return inOrderOf(options.files, reports);
}
