import { summarise, turnLatencies, type LatencySummary, type TurnLatency } from '../../domain/scenario/latency.ts';
import type { CallObservation } from '../../domain/scenario/observation.ts';
import type { Scenario } from './scenario.ts';

/** One line of a call as it was heard on the telephone; times count from the answer. */
export interface TranscriptLine {
  /** Which call of the scenario, from 1. */
  readonly call: number;
  readonly who: 'agent' | 'caller';
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** What the product understood of it; callers only. */
  readonly understood?: string;
}

export interface ScenarioReport {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly string[];
  readonly outcome: string | null;
  readonly transcript: readonly TranscriptLine[];
  readonly latency: LatencySummary & { readonly turns: readonly TurnLatency[]; readonly lateFrames: number };
  /** Keys that this way of playing cannot judge. */
  readonly notEvaluated?: readonly string[];
}

function transcriptOf(observed: CallObservation, call: number): readonly TranscriptLine[] {
  const at = (ms: number): number => Math.max(0, Math.round(ms - observed.answeredAtMs));
  const agent = observed.heard.map((line): TranscriptLine => ({
    call,
    who: 'agent',
    text: line.heardText ?? line.text,
    startMs: at(line.startedAtMs),
    endMs: at(line.endedAtMs ?? observed.endedAtMs),
  }));
  const caller = observed.spoken.map((line, index): TranscriptLine => {
    const untilMs = observed.spoken[index + 1]?.startedAtMs ?? Number.POSITIVE_INFINITY;
    const understood = observed.understood.filter(({ atMs }) => atMs > line.startedAtMs && atMs < untilMs).map(({ text }) => text);
    return {
      call,
      who: 'caller',
      text: line.text,
      startMs: at(line.startedAtMs),
      endMs: at(line.lastVoicedAtMs),
      understood: understood.join(' | '),
    };
  });
  return [...agent, ...caller].toSorted((a, b) => a.startMs - b.startMs);
}

export function reportOf(scenario: Scenario, calls: readonly CallObservation[], failures: readonly string[]): ScenarioReport {
  const turns = calls.flatMap(turnLatencies);
  return {
    file: scenario.file,
    name: scenario.name,
    passed: failures.length === 0,
    failures,
    outcome: calls.at(-1)?.outcome ?? null,
    transcript: calls.flatMap((observed, index) => transcriptOf(observed, index + 1)),
    latency: { ...summarise(turns), turns, lateFrames: calls.reduce((sum, { lateFrames }) => sum + lateFrames, 0) },
  };
}

/** A scenario that could not be played. */
export function failedReport(scenario: Pick<Scenario, 'file' | 'name'>, failure: string): ScenarioReport {
  return {
    file: scenario.file,
    name: scenario.name,
    passed: false,
    failures: [failure],
    outcome: null,
    transcript: [],
    latency: { p50Ms: null, p95Ms: null, n: 0, turns: [], lateFrames: 0 },
  };
}

/** A report in words, for people. */
export function describeReport(report: ScenarioReport): string {
  const { latency } = report;
  const head = `${report.passed ? 'passed' : 'FAILED'}  ${report.name} (${report.file})  outcome ${report.outcome ?? 'none'}${latency.p50Ms === null ? '' : `, answers after ${latency.p50Ms} ms (median of ${latency.n})`}`;
  if (report.passed) return head;
  const said = report.transcript.map(
    (line) =>
      `    ${(line.startMs / 1000).toFixed(1).padStart(6)} s  ${line.who}: ${line.text}${line.understood === undefined || line.understood === '' ? '' : `   [${line.understood}]`}`,
  );
  return [head, ...report.failures.map((failure) => `  - ${failure}`), ...said].join('\n');
}
