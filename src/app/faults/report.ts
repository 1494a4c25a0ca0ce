import { percentile } from '../../domain/scenario/latency.ts';
import { timesFired } from '../worker/fault-switch.ts';
import { FAULT_POINTS } from '../../base/fault-point.ts';
import type { Told } from './answer-caller.ts';
import type { FaultHouse } from './house.ts';
import { FAILURES, type Failure, type FinalFacts, type Finding } from './judge.ts';
import type { FaultPlan } from './plan.ts';
import type { PlayedOp, PlayedStory } from './played.ts';
import { DAEMON_DEATHS, daemonMarker } from './story.ts';

/** The figures of a run, as they are printed. Every `Failure` is a count that has to be zero. */
export interface FaultFigures extends Readonly<Record<Failure, number>> {
  readonly destination: string;
  readonly seed: number;
  /** Operations that the ledger has accepted. */
  readonly ops: number;
  readonly faultsFired: number;
  /** Processes that were killed with SIGKILL. */
  readonly kills: number;
  /** From the caller's yes to the read-back. */
  readonly slowestCommitMs: number;
  /** From the caller's yes to the answer, over the whole run. */
  readonly answerP95Ms: number;
  /** Operations while nothing was broken, and the share of them that were told "booked" within the answer budget. */
  readonly calm: { readonly ops: number; readonly bookedInTime: number };
  /** Longest time from a kill until work went on; null when none was killed. */
  readonly recoveryMsMax: Readonly<Record<'worker' | 'daemon' | 'redis', number | null>>;
  readonly durationMs: number;
  /** What fired, and how often. */
  readonly fired: Readonly<Record<string, number>>;
  /** What was planned and never fired. */
  readonly unfired: readonly string[];
}

export interface FaultReport {
  readonly figures: FaultFigures;
  readonly findings: readonly Finding[];
  /** Requests that the ledger did not take, so that the caller was put through to a person. */
  readonly notAccepted: number;
  /** Of every answer, the parts that are no waiting for the worker: 95th percentile. */
  readonly ownP95Ms: number;
  /** Errors that workers have logged: how often each. */
  readonly complaints: Readonly<Record<string, number>>;
  /** The story whose operation took longest from the yes to the read-back; null when nothing was verified. */
  readonly slowestStory: number | null;
  /** Everything that happened in a story, for a finding. */
  readonly traceOf: (story: number) => readonly string[];
}

/** Faults of a plan by the names under which they are counted. */
export function plannedFaults({ stories, disturbances, deaths }: FaultPlan): ReadonlySet<string> {
  const requests = stories.flatMap(({ faults }) =>
    (['write', 'read'] as const).flatMap((what) => faults[what].flatMap((fault) => (fault === null ? [] : [`${what}.${fault.kind}`]))),
  );
  const daemons = stories.flatMap(({ daemon }) => (daemon === null ? [] : [`daemon.${daemon.dies}`]));
  return new Set([
    ...requests,
    ...daemons,
    ...disturbances.map(({ kind }) => kind.replace('_', '.')),
    ...deaths.map(({ point }) => `worker.${point}`),
  ]);
}

/** What left evidence of having happened: requests and disturbances by what the harness did, deaths by the marks of the dead. */
function firedIn({ trace, runDir }: FaultHouse): Readonly<Record<string, number>> {
  const workers = FAULT_POINTS.filter((point) => point !== 'after_accept').map((point) => [`worker.${point}`, timesFired(runDir, point)]);
  const daemons = DAEMON_DEATHS.map((moment) => [`daemon.${moment}`, timesFired(runDir, daemonMarker(moment))]);
  const counts = Object.entries(trace.counts());
  return Object.fromEntries(
    [...counts, ...workers, ...daemons].filter(([, count]) => count !== 0).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
}

const longest = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values));

interface RunResult {
  readonly house: FaultHouse;
  readonly stories: readonly PlayedStory[];
  readonly facts: FinalFacts;
  readonly findings: readonly Finding[];
  readonly recoveries: { readonly daemon: readonly number[]; readonly redis: readonly number[] };
  readonly durationMs: number;
}

function calmOf(stories: readonly PlayedStory[], { calmStories }: FaultPlan): FaultFigures['calm'] {
  const ops: readonly PlayedOp[] = stories.filter(({ plan }) => plan.index < calmStories).flatMap((story) => story.ops);
  const booked = ops.filter(({ told }) => told?.claim === 'committed').length;
  return { ops: ops.length, bookedInTime: ops.length === 0 ? 1 : booked / ops.length };
}

/** Verified operations, the slowest first. */
function commitsOf(stories: readonly PlayedStory[], { rows }: FinalFacts): readonly { readonly story: number; readonly ms: number }[] {
  const all = stories.flatMap(({ plan, ops }) =>
    ops.flatMap(({ op }) => {
      const row = op === null ? undefined : rows.get(op);
      return row === undefined || row.verifiedAtEpochMs === null
        ? []
        : [{ story: plan.index, ms: row.verifiedAtEpochMs - row.acceptedAtEpochMs }];
    }),
  );
  return all.sort((a, b) => b.ms - a.ms);
}

const p95Of = (ops: readonly PlayedOp[], of: (told: Told) => number): number =>
  percentile(
    ops.flatMap(({ told }) => (told === null ? [] : [Math.round(of(told))])),
    0.95,
  ) ?? 0;

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

/** The figures of a run, and what is needed to look into what went wrong. */
export function reportOf({ house, stories, facts, findings, recoveries, durationMs }: RunResult): FaultReport {
  const { plan, target, trace, keeper } = house;
  const asked = stories.flatMap((story) => story.ops);
  const ops = asked.filter(({ op }) => op !== null);
  const fired = firedIn(house);
  const killed = (prefix: string): number => sum(Object.fromEntries(Object.entries(fired).filter(([point]) => point.startsWith(prefix))));
  const commits = commitsOf(stories, facts);
  const counts = Object.fromEntries(FAILURES.map((failure) => [failure, findings.filter((one) => one.failure === failure).length]));
  const kills = keeper.kills() + killed('daemon.') + (fired['redis.killed'] ?? 0) + (fired['destination.killed'] ?? 0);
  const figures: FaultFigures = {
    destination: target.id,
    seed: plan.seed,
    ops: ops.length,
    faultsFired: sum(fired),
    kills,
    ...(counts as Record<Failure, number>),
    slowestCommitMs: commits[0]?.ms ?? 0,
    answerP95Ms: p95Of(asked, ({ answerMs }) => answerMs),
    calm: calmOf(stories, plan),
    recoveryMsMax: {
      worker: keeper.kills() === 0 ? null : keeper.recoveryMsMax(),
      daemon: longest(recoveries.daemon),
      redis: longest(recoveries.redis),
    },
    durationMs: Math.round(durationMs),
    fired,
    unfired: [...plannedFaults(plan)].filter((point) => fired[point] === undefined).sort(),
  };
  return {
    figures,
    findings,
    notAccepted: asked.length - ops.length,
    ownP95Ms: p95Of(asked, ({ ownMs }) => ownMs),
    complaints: trace.complaints(),
    slowestStory: commits[0]?.story ?? null,
    traceOf: (story) => trace.of(story),
  };
}
