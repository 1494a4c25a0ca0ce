import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createCallerVoices, type CallerVoiceSpec } from '../../adapters/caller-voice/caller-voice.ts';
import { createPhone } from '../../adapters/phone/phone.ts';
import { describeError, toAppError } from '../../base/app-error.ts';
import { loadConfig, type Config } from '../../config/config.ts';
import { percentile, summarise, turnLatencies } from '../../domain/scenario/latency.ts';
import type { CallObservation } from '../../domain/scenario/observation.ts';
import { playCall } from '../simulate/caller.ts';
import { openSandbox } from '../simulate/sandbox.ts';
import { parseScenario, type ScenarioCall } from '../simulate/scenario.ts';

/** The same calls every time: what is measured is the product, not the dice. */
const VOICES: readonly CallerVoiceSpec[] = [
  { engine: 'espeak-ng', name: 'en-us+f3', wordsPerMinute: 150 },
  { engine: 'flite', name: 'rms' },
  { engine: 'espeak-ng', name: 'en-us+m3', wordsPerMinute: 160 },
  { engine: 'flite', name: 'awb' },
  { engine: 'espeak-ng', name: 'en-us+f2', wordsPerMinute: 145 },
  { engine: 'flite', name: 'slt' },
];
const OPENINGS = [
  "I'd like to book a check up",
  'I need an appointment for a vaccination',
  'can I book a blood test please',
  "I'd like to make an appointment for a consultation",
];
const DAYS = ['on Thursday', 'next Tuesday', 'tomorrow', 'on Friday please'];
const TIMES = ['at ten thirty', "at eleven o'clock", 'at nine thirty', "at three o'clock"];
const NAMES = [
  ['Laura Becker', 'B, e, c, k, e, r'],
  ['David Cooper', 'C, o, o, p, e, r'],
  ['Anna Fischer', 'F, i, s, c, h, e, r'],
] as const;
const NOW = '2026-03-02T09:00:00+01:00';
const CALLS_MAX = 1000;
const CORPUS = 'booking-calls-v1';

const pick = <T>(items: readonly T[], index: number): T => {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('an empty list has nothing to pick');
  return item;
};

/** Call number `index`; every third one interrupts the question after the day. */
function callOf(index: number): ScenarioCall {
  const [name, spelled] = pick(NAMES, index);
  const steps: unknown[] = [{ hear: { asks: 'intent' } }, { say: pick(OPENINGS, index) }];
  if (index % 3 === 1)
    steps.push({ hear: { asks: 'day' } }, { say: pick(DAYS, index), after: { event: 'agent.speech_started', delayMs: 500 } });
  steps.push({ hear: { ended: true } });
  const scenario = parseScenario(
    {
      name: `call ${index}`,
      why: 'measures answers',
      given: { caller: { number: `+4930555${String(2000 + index)}`, name } },
      voice: pick(VOICES, index),
      line: { codec: index % 2 === 0 ? 'alaw' : 'ulaw', noiseDbfs: -50 },
      steps,
      replies: {
        service: 'a check up please',
        day: pick(DAYS, index),
        time: pick(TIMES, index),
        name: [name, spelled],
        phone: 'yes please',
        confirm: 'yes please',
        more: 'no, thank you',
        datetime: 'on Thursday at ten thirty',
      },
      expect: {},
    },
    'the benchmark',
  );
  return pick(scenario.calls, 0);
}

async function playCalls(config: Config, calls: number, signal: AbortSignal): Promise<readonly CallObservation[]> {
  const write = (line: string): void => void process.stderr.write(`${line}\n`);
  const voices = createCallerVoices({ cacheDir: join(config.paths.cache, 'caller') });
  const sandbox = await openSandbox({ base: config, write, signal });
  const phone = await createPhone({ bindHost: '127.0.0.1' });
  const observed: CallObservation[] = [];
  try {
    sandbox.setBusinessTime({ now: NOW, holidays: [] });
    const { sip, profile } = sandbox.config;
    for (let index = 0; index < calls; index += 1) {
      const call = callOf(index);
      const did = `+4930556${String(1000 + index)}`;
      const voice = await voices.open(call.voice, { signal });
      const one = await playCall(
        {
          phone,
          target: `sip:${did}@${sip.host}:${sip.port}`,
          did,
          voice,
          practice: { timeZone: profile.timeZone, serviceName: null },
          watch: sandbox.watch,
          onHandedOver: () => () => undefined,
          act: () => Promise.resolve(),
          seed: index + 1,
          signal,
        },
        call,
      );
      write(`call ${index + 1} of ${calls}: ${one.outcome ?? 'no outcome'}, median ${summarise(turnLatencies(one)).p50Ms ?? '-'} ms`);
      observed.push(one);
      await sandbox.calendar.clear({ signal });
    }
    return observed;
  } finally {
    await phone.close();
    await sandbox.close({ keep: false });
  }
}

/** Turns of the caller that the product took for finished while they still spoke. */
const cutOffs = ({ spoken, understood }: CallObservation): number =>
  spoken.filter((line) => understood.some(({ atMs }) => atMs > line.startedAtMs && atMs < line.lastVoicedAtMs)).length;

function measure(observed: readonly CallObservation[]): Readonly<Record<string, unknown>> {
  const turns = observed.flatMap(turnLatencies);
  const plain = turns.filter(({ kind }) => kind === 'turn');
  const stops = observed.flatMap(({ bargeInStopMs }) => bargeInStopMs);
  const endpoints = plain.flatMap(({ endpointMs }) => endpointMs ?? []);
  const afterEndpoint = plain.flatMap(({ contentMs, endpointMs }) => (endpointMs === null ? [] : [contentMs - endpointMs]));
  const spread = (values: readonly number[]): { readonly p50: number | null; readonly p95: number | null } => ({
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
  });
  return {
    ...summarise(turns),
    p99Ms: percentile(
      plain.map(({ contentMs }) => contentMs),
      0.99,
    ),
    dictation: summarise(turns, 'dictation'),
    commit: summarise(turns, 'commit'),
    fillerRate: turns.length === 0 ? null : turns.filter(({ isFilled }) => isFilled).length / turns.length,
    bargeInStopMs: spread(stops),
    falseCutOffs: observed.reduce((sum, call) => sum + cutOffs(call), 0),
    corpus: `${CORPUS}, ${observed.length} calls, ${observed.filter(({ outcome }) => outcome === 'booked').length} booked`,
    hops: { endpointMs: spread(endpoints), answerMs: spread(afterEndpoint) },
  };
}

async function main(): Promise<number> {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  try {
    const { values } = parseArgs({ options: { calls: { type: 'string', default: '6' } } });
    const calls = Math.max(1, Math.min(CALLS_MAX, Number.parseInt(values.calls, 10)));
    const observed = await playCalls(loadConfig(), calls, controller.signal);
    process.stdout.write(`${JSON.stringify(measure(observed))}\n`);
    return 0;
  } catch (error) {
    const failure = toAppError(error, 'process_failed');
    process.stderr.write(`${describeError(failure)}\n`);
    return failure.entry.exitCode;
  }
}

process.exitCode = await main();
