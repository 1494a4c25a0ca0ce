import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import type { CallerVoiceSpec } from '../../adapters/caller-voice/caller-voice.ts';
import { CLEAN_LINE, type Line } from '../../adapters/phone/line.ts';
import { AppError } from '../../base/app-error.ts';
import { parsePattern } from '../../domain/scenario/matching.ts';
import type {
  CalendarEntry,
  CallScript,
  Deed,
  Expectations,
  Fault,
  HeardPattern,
  HearMatcher,
  PreviousOperation,
  Replies,
  ScriptStep,
} from '../../domain/scenario/scenario.ts';
import { SLOTS, type Slot } from '../../domain/utterance/utterance.ts';
import { scenarioSchema, type CallFile, type DeedFile, type MatcherFile, type ScenarioFile, type StepFile } from './scenario-schema.ts';

/** One call of a scenario: who calls, how they sound, what they do. */
export interface ScenarioCall {
  readonly number: string | null;
  readonly voice: CallerVoiceSpec;
  readonly line: Line;
  readonly script: CallScript;
}

/** A scenario file as it is played. */
export interface Scenario {
  readonly file: string;
  readonly name: string;
  /** ISO 8601 with offset, or null for the real time. */
  readonly now: string | null;
  readonly busy: readonly CalendarEntry[];
  readonly holidays: readonly string[];
  readonly people: 'answers' | 'nobody';
  readonly previous: readonly PreviousOperation[];
  readonly faults: readonly Fault[];
  readonly calls: readonly ScenarioCall[];
  /** `at_once`: all callers call at the same time; `in_turn`: one after the other. */
  readonly order: 'at_once' | 'in_turn';
  readonly expect: Expectations;
}

const DEFAULT_VOICE: CallerVoiceSpec = { engine: 'espeak-ng', name: 'en-us+f3', wordsPerMinute: 150 };
const DEFAULT_NUMBER = '+493055501234';
const DEFAULT_NAME = 'Laura Becker';
const ENTRIES_WITHIN_S = 10;
const SLOW_MS = 3000;

const many = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

function matcherOf(file: MatcherFile): HearMatcher {
  return { kinds: many(file.kind), asks: many(file.asks), templates: many(file.template), texts: many(file.text).map(parsePattern) };
}

function deedOf(file: DeedFile): Deed {
  if ('kill' in file) return { type: 'kill', process: file.kill };
  return 'freeze' in file ? { type: 'freeze', process: file.freeze } : { type: 'calendar_add', entry: file.calendarAdd };
}

function stepOf(file: StepFile): ScriptStep {
  if ('hear' in file) return 'ended' in file.hear ? { type: 'hear_end' } : { type: 'hear', matcher: matcherOf(file.hear) };
  if ('say' in file) return { type: 'say', text: file.say, after: file.after ?? null };
  if ('dtmf' in file) return { type: 'dtmf', digits: file.dtmf };
  if ('silence' in file) return { type: 'silence', ms: file.silence };
  return 'do' in file ? { type: 'do', deed: deedOf(file.do) } : { type: 'hangup', after: file.after ?? null };
}

function repliesOf(file: CallFile['replies']): Replies {
  const bySlot: Partial<Record<Slot, readonly string[]>> = {};
  const given = (file ?? {}) as Readonly<Record<string, string | string[] | undefined>>;
  for (const slot of SLOTS) {
    const replies = many(given[slot]);
    if (replies.length > 0) bySlot[slot] = replies;
  }
  return { bySlot, wrong: file?.wrong ?? {} };
}

function voiceOf(voice: CallFile['voice'], folder: string): CallerVoiceSpec {
  if (voice === undefined) return DEFAULT_VOICE;
  return 'file' in voice ? { file: resolve(folder, voice.file) } : voice;
}

type CallerFile = NonNullable<CallFile['caller']>;

function numberOf(caller: CallerFile): string | null {
  return caller === 'anonymous' || !('number' in caller) || caller.number === 'anonymous' ? null : caller.number;
}

function callOf(call: CallFile, scenario: ScenarioFile, folder: string): ScenarioCall {
  const caller = call.caller ?? scenario.given.caller ?? { number: DEFAULT_NUMBER };
  const steps = call.steps.map(stepOf);
  return {
    number: numberOf(caller),
    voice: voiceOf(call.voice ?? scenario.voice, folder),
    line: call.line ?? scenario.line ?? CLEAN_LINE,
    script: { steps, replies: repliesOf(call.replies ?? scenario.replies), booking: scenario.expect.booking ?? {} },
  };
}

function faultOf(fault: NonNullable<ScenarioFile['given']['faults']>[number]): Fault {
  if ('process' in fault) return { type: 'process', process: fault.process };
  const isCounted = fault.times !== undefined || fault.forSeconds !== undefined;
  return {
    type: 'destination',
    destination: fault.destination,
    kind: fault.kind,
    times: fault.times ?? (isCounted || fault.kind === 'down' ? null : 1),
    forSeconds: fault.forSeconds ?? null,
    delayMs: fault.delayMs ?? SLOW_MS,
  };
}

const heardPatternOf = (file: string | MatcherFile): HeardPattern =>
  typeof file === 'string' ? { type: 'text', pattern: parsePattern(file) } : { type: 'utterance', matcher: matcherOf(file) };

function expectationsOf({ expect }: ScenarioFile): Expectations {
  const { message, transferContext } = expect;
  return {
    outcomes: many(expect.outcome),
    booking: expect.booking ?? {},
    entries: expect.destination?.entries ?? null,
    withinSeconds: expect.destination?.withinSeconds ?? ENTRIES_WITHIN_S,
    message: message === undefined ? null : { ...message, mentions: message.mentions ?? [] },
    openTasks: expect.tasks?.open ?? null,
    said: (expect.said ?? []).map(heardPatternOf),
    neverSaid: (expect.neverSaid ?? []).map(heardPatternOf),
    heardWithin: { first: expect.heardWithin?.first ?? null, every: expect.heardWithin?.every ?? null },
    transferContext:
      transferContext === undefined
        ? null
        : {
            transcript: transferContext.transcript === true,
            intent: transferContext.intent === true,
            sentiment: transferContext.sentiment === true,
          },
  };
}

const keysOf = (issue: z.core.$ZodIssue): number => (issue.code === 'unrecognized_keys' ? issue.keys.length : 1);

/** Every problem as `path: what`. A union reports one list per branch; the shortest is of the branch that was meant. */
function problemsOf(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): readonly string[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const sizes = issue.errors.map((branch) => branch.reduce((sum, inner) => sum + keysOf(inner), 0));
      return problemsOf(issue.errors[sizes.indexOf(Math.min(...sizes))] ?? [], path);
    }
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
    return keys.map(
      (key) =>
        `${[...path, ...(key === null ? [] : [key])].map(String).join('.') || '(top)'}: ${key === null ? issue.message : 'unknown key'}`,
    );
  });
}

function readYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('scenario_invalid', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const nameOf = (caller: CallFile['caller']): string =>
  (caller === undefined || caller === 'anonymous' ? undefined : caller.name) ?? DEFAULT_NAME;

/** Checks a scenario. Throws `scenario_invalid` naming every key with a problem. */
export function parseScenario(raw: unknown, path: string): Scenario {
  const parsed = scenarioSchema.safeParse(raw);
  if (!parsed.success)
    throw new AppError(
      'scenario_invalid',
      `${path} has problems:\n${problemsOf(parsed.error.issues)
        .map((problem) => `  ${problem}`)
        .join('\n')}`,
      { details: { path } },
    );
  const scenario = parsed.data;
  const folder = dirname(resolve(path));
  const calls = scenario.callers ?? scenario.calls ?? [{ steps: scenario.steps ?? [] }];
  const { given } = scenario;
  return {
    file: path,
    name: scenario.name,
    now: given.now ?? null,
    busy: given.busy ?? [],
    holidays: given.holidays ?? [],
    people: given.people ?? 'nobody',
    previous: (given.previous ?? []).map((operation) => ({
      ...operation,
      booking: { ...operation.booking, name: operation.booking.name ?? nameOf(given.caller) },
    })),
    faults: (given.faults ?? []).map(faultOf),
    calls: calls.map((call) => callOf(call, scenario, folder)),
    order: scenario.callers === undefined ? 'in_turn' : 'at_once',
    expect: expectationsOf(scenario),
  };
}

/** Reads a scenario file. Throws `scenario_invalid`. */
export function loadScenario(path: string): Scenario {
  return parseScenario(readYaml(path), path);
}
