import { join } from 'node:path';
import { createCallerVoices } from '../adapters/caller-voice/caller-voice.ts';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import { followEventFeed, type TimedFeedEvent } from '../adapters/feed/event-feed.ts';
import { createPhone } from '../adapters/phone/phone.ts';
import { createScope } from '../base/scope.ts';
import { PROJECT_DIR, readSecret, type Config } from '../config/config.ts';
import { summarise, turnLatencies } from '../domain/scenario/latency.ts';
import type { CallObservation } from '../domain/scenario/observation.ts';
import type { Ledger } from '../ports/ledger.ts';
import { createLiveView } from './live-view.ts';
import { readManifest } from './models.ts';
import { createCalendarDesk } from './simulate/calendar-desk.ts';
import { playCall } from './simulate/caller.ts';
import { loadScenario } from './simulate/scenario.ts';
import { quietLog } from './simulate/sandbox.ts';
import { reportOf } from './simulate/report.ts';
import { startStack, type Stack } from './stack.ts';
import { createLedgerStore } from './storage.ts';

/** What `demo --json` prints. */
export interface DemoReport {
  readonly outcome: string | null;
  readonly call: { readonly id: string | null; readonly durationMs: number; readonly codec: string };
  readonly transcript: readonly { readonly who: string; readonly text: string; readonly startMs: number; readonly endMs: number }[];
  readonly turns: ReturnType<typeof turnLatencies>;
  readonly latency: ReturnType<typeof summarise>;
  readonly ledger: readonly { readonly op: string; readonly kind: string; readonly state: string; readonly attempts: number }[];
  readonly destination: readonly { readonly id: string; readonly summary: string; readonly start: string }[];
  readonly models: Readonly<Record<'vad' | 'stt' | 'llm' | 'tts', string>>;
}

export interface RunOptions {
  readonly config: Config;
  /** Place the scripted call. */
  readonly demo: boolean;
  /** Stay up afterwards until `signal` aborts. */
  readonly stay: boolean;
  /** Lines about the call. */
  readonly line: (text: string) => void;
  /** Words about starting and stopping. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

const DEMO_DID = '+493055500100';

function modelNames(config: Config): DemoReport['models'] {
  const pack = readManifest(config.paths.modelsManifest).packs.find(({ id }) => id === config.models.pack);
  const name = (role: string): string => {
    const model = pack?.models.find((known) => known.role === role);
    return `${config.models.pack}/${role} ${model?.files['model']?.sha256.slice(0, 12) ?? ''}`.trim();
  };
  return { vad: name('vad'), stt: name('recogniser'), llm: name('act'), tts: name('voice') };
}

async function placeDemoCall(options: RunOptions): Promise<{ readonly observed: CallObservation; readonly codec: string }> {
  const { config, signal } = options;
  const scenario = loadScenario(join(PROJECT_DIR, 'config', 'demo-call.yaml'));
  const [call] = scenario.calls;
  if (call === undefined) throw new Error('the demo has no call');
  const voices = createCallerVoices({ cacheDir: join(config.paths.cache, 'caller') });
  const voice = await voices.open(call.voice, { signal });
  const phone = await createPhone({ bindHost: '127.0.0.1' });
  const scope = createScope('demo');
  const listeners = new Set<(event: TimedFeedEvent) => void>();
  followEventFeed({
    path: config.paths.sockets.events,
    signal: scope.signal,
    onEvent: (event) => listeners.forEach((listener) => listener(event)),
  });
  try {
    const observed = await playCall(
      {
        phone,
        target: `sip:${DEMO_DID}@${config.sip.host}:${config.sip.port}`,
        did: DEMO_DID,
        voice,
        practice: { timeZone: config.profile.timeZone, serviceName: null },
        watch: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        onHandedOver: () => () => undefined,
        act: () => Promise.resolve(),
        seed: 1,
        signal,
      },
      call,
    );
    return { observed, codec: call.line.codec };
  } finally {
    scope.dispose();
    await phone.close();
  }
}

async function demoReport(options: RunOptions, ledger: Ledger): Promise<DemoReport> {
  const { config, signal } = options;
  const { observed, codec } = await placeDemoCall(options);
  const turns = turnLatencies(observed);
  const { transcript } = reportOf(loadScenario(join(PROJECT_DIR, 'config', 'demo-call.yaml')), [observed], observed.scriptFailures);
  const rows = observed.call === null ? [] : ledger.list({ call: observed.call, limit: 20 });
  const desk = createCalendarDesk({
    url: config.calendarUrl,
    user: config.calendar.user,
    password: readSecret(config.secrets.calendarPasswordFile),
    timeZone: config.profile.timeZone,
  });
  const starts = new Set(rows.flatMap(({ readBack }) => (readBack?.kind === 'booking' ? [Date.parse(readBack.start)] : [])));
  const entries = (await desk.list({ signal })).filter(({ startEpochMs }) => starts.has(startEpochMs));
  return {
    outcome: observed.outcome,
    call: { id: observed.call, durationMs: Math.round(observed.endedAtMs - observed.answeredAtMs), codec },
    transcript: transcript.map(({ who, text, startMs, endMs }) => ({ who, text, startMs, endMs })),
    turns,
    latency: summarise(turns),
    ledger: rows.map(({ op, kind, state, attempts }) => ({ op, kind, state, attempts })),
    destination: entries.map(({ uid, text, startEpochMs }) => ({
      id: uid,
      summary: text.split('\n').find((line) => line.includes('Becker')) ?? text.split('\n')[0] ?? '',
      start: new Date(startEpochMs).toISOString(),
    })),
    models: modelNames(config),
  };
}

function tell(report: DemoReport, options: RunOptions): void {
  const { line } = options;
  line('');
  line(`Outcome: ${report.outcome ?? 'none'} after ${(report.call.durationMs / 1000).toFixed(1)} s`);
  line(
    `Answers began ${report.latency.p50Ms ?? '-'} ms (median) and ${report.latency.p95Ms ?? '-'} ms (95th percentile) after the caller's last syllable, ${report.latency.n} turns.`,
  );
  for (const row of report.ledger) line(`Ledger:   ${row.op}  ${row.kind}  ${row.state}  attempts ${row.attempts}`);
  for (const entry of report.destination) line(`Calendar: ${entry.start}  ${entry.summary}`);
}

function invite(stack: Stack, options: RunOptions): void {
  const { sip } = stack.config;
  options.line('');
  options.line(`Call it yourself: any softphone on this machine, sip:100@${sip.host}:${sip.port} (no registration needed, G.711).`);
  options.line(`To take calls as the practice, register as "frontdesk" there; the password is in ${stack.frontdeskPasswordFile}.`);
  options.line('Ctrl-C stops everything.');
}

/** `run` and `demo`: starts the product, places the scripted call and shows it, and stays up when asked to. Throws what starting throws. */
export async function runProduct(options: RunOptions): Promise<DemoReport | null> {
  const { config, note, signal } = options;
  const scope = createScope('run');
  note('Starting Asterisk, Redis, the calendar, the recogniser, the voice, the language model, the worker and the daemon ...');
  const stack = await startStack({ config, clock: createSystemClock(), log: quietLog(note), scope });
  const ledger = createLedgerStore(config);
  try {
    followEventFeed({ path: config.paths.sockets.events, signal: scope.signal, onEvent: createLiveView(options.line) });
    note('Ready.');
    const report = options.demo ? await demoReport(options, ledger) : null;
    if (report !== null) tell(report, options);
    if (options.stay && !signal.aborted) {
      invite(stack, options);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    return report;
  } finally {
    ledger.close();
    note('Stopping ...');
    await stack.stop();
    scope.dispose();
  }
}
