import type { CallObservation, HeardLine, SpokenLine } from './observation.ts';

/** DESIGN §10: `p50`/`p95` are of turns that are neither dictation nor commits. */
export type TurnKind = 'turn' | 'dictation' | 'commit';

export interface TurnLatency {
  readonly kind: TurnKind;
  /** From the last voiced sample of the caller to the first audible sample of the answer. */
  readonly gapMs: number;
  /** The same, fillers not counted. */
  readonly contentMs: number;
  /** From the last voiced sample to the end of the turn, as the product decided it; null when it did not say. */
  readonly endpointMs: number | null;
  readonly isFilled: boolean;
}

const DICTATED: ReadonlySet<string> = new Set(['phone', 'name', 'birthdate']);
const COMMITS: ReadonlySet<string> = new Set(['commitment', 'pending']);

function kindOf(spoken: SpokenLine, answer: HeardLine): TurnKind {
  if (COMMITS.has(answer.kind)) return 'commit';
  return spoken.asked !== null && DICTATED.has(spoken.asked) ? 'dictation' : 'turn';
}

/** One entry for each thing the caller said that was answered before they spoke again. */
export function turnLatencies(observed: CallObservation): readonly TurnLatency[] {
  return observed.spoken.flatMap((spoken, index) => {
    const untilMs = observed.spoken[index + 1]?.startedAtMs ?? Number.POSITIVE_INFINITY;
    const answers = observed.heard.filter(({ startedAtMs }) => startedAtMs > spoken.lastVoicedAtMs && startedAtMs < untilMs);
    const [first] = answers;
    const content = answers.find(({ kind }) => kind !== 'filler');
    if (first === undefined || content === undefined) return [];
    const turn = observed.understood.find(({ atMs }) => atMs > spoken.startedAtMs && atMs <= content.startedAtMs + 50);
    return [
      {
        kind: kindOf(spoken, content),
        gapMs: Math.round(first.startedAtMs - spoken.lastVoicedAtMs),
        contentMs: Math.round(content.startedAtMs - spoken.lastVoicedAtMs),
        endpointMs: turn?.endpointMs ?? null,
        isFilled: first !== content,
      },
    ];
  });
}

/** The value below which a share of the values lies (nearest rank); null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? null;
}

export interface LatencySummary {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly n: number;
}

export function summarise(turns: readonly TurnLatency[], kind: TurnKind = 'turn'): LatencySummary {
  const values = turns.filter((turn) => turn.kind === kind).map(({ contentMs }) => contentMs);
  return { p50Ms: percentile(values, 0.5), p95Ms: percentile(values, 0.95), n: values.length };
}
