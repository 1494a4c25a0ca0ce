import { join } from 'node:path';
import { createCallerVoices } from '../../adapters/caller-voice/caller-voice.ts';
import { createPhone } from '../../adapters/phone/phone.ts';
import { toAppError } from '../../base/app-error.ts';
import type { Config } from '../../config/config.ts';
import { createFrontDesk } from './front-desk.ts';
import { playScenario } from './play-scenario.ts';
import { failedReport, type ScenarioReport } from './report.ts';
import { openSandbox } from './sandbox.ts';
import { loadScenario } from './scenario.ts';

const HOST = '127.0.0.1';

export interface RunFilesOptions {
  readonly base: Config;
  readonly files: readonly string[];
  /** Words about what happens, for people. */
  readonly write: (line: string) => void;
  /** The product is up and the first file begins. */
  readonly onReady: () => void;
  readonly onReport: (report: ScenarioReport) => void;
  readonly signal: AbortSignal;
}

/** Plays files one after the other on one stack of its own, which is stopped at the end whatever happens. */
export async function runFiles(options: RunFilesOptions): Promise<void> {
  const { base, signal, write } = options;
  const scenarios = options.files.map(loadScenario);
  const voices = createCallerVoices({ cacheDir: join(base.paths.cache, 'caller') });
  write('starting a product of its own');
  const sandbox = await openSandbox({ base, write, signal });
  options.onReady();
  let anyFailed = false;
  try {
    const { sip } = sandbox.config;
    const phone = await createPhone({ bindHost: HOST });
    const frontDesk = await createFrontDesk({
      bindHost: HOST,
      registrar: { host: sip.host, port: sip.port },
      password: sandbox.frontdeskPassword,
      voices,
      signal,
    });
    try {
      for (const [index, scenario] of scenarios.entries()) {
        write(`playing ${scenario.name}`);
        const stage = { sandbox, phone, frontDesk, voices, soundDir: join(sandbox.config.paths.data, 'sound', String(index + 1)), signal };
        const played = (index > 0 ? sandbox.reset({ signal }) : Promise.resolve()).then(() => playScenario(stage, scenario));
        const report = await played.catch((error: unknown) => {
          signal.throwIfAborted();
          const failure = toAppError(error, 'process_failed');
          return failedReport(scenario, `${failure.code}: ${failure.message}`);
        });
        anyFailed ||= !report.passed;
        options.onReport(report);
      }
    } finally {
      await frontDesk.close();
      await phone.close();
    }
  } finally {
    const kept = await sandbox.close({ keep: anyFailed });
    if (kept !== null) write(`logs and sound of the failed calls are kept in ${kept}`);
  }
}
