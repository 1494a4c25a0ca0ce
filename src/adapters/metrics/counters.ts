import { allowedLabels, METRICS, type MetricEntry, type MetricName } from '../../ports/metric-catalogue.ts';
import type { MetricsRegistry, Reading } from '../../ports/metrics.ts';

/** Distinct series that one process keeps; measurements beyond are left out and counted, so that no label can eat the memory. */
const SERIES_MAX = 1000;
/** Series that begin at zero, per measure: an increase from nothing is no increase to whoever looks at rates. */
const ZEROES_MAX = 20;
const MS_PER_S = 1000;

/** One series as it stands. Histograms: `counts` per bucket and one more for what is above the last, each by itself; `value` is the sum. */
export interface Series extends Reading {
  readonly counts?: readonly number[];
}

export interface Counters extends MetricsRegistry {
  /** Every series as it stands, readings included. */
  series(): readonly Series[];
  /** Every series with its count, and for timings their sum in milliseconds; for tests. */
  snapshot(): Readonly<Record<string, { readonly count: number; readonly sumMs: number }>>;
}

interface Kept {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  value: number;
  readonly counts: number[] | null;
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>): string => {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
};

/** Every combination of the values of listed labels; none when a label has no list, or there are too many. */
function combinations(entry: MetricEntry): readonly Readonly<Record<string, string>>[] {
  let all: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [label, rule] of Object.entries(entry.labels)) {
    if (rule === 'destination') return [];
    all = all.flatMap((before) => rule.map((value) => ({ ...before, [label]: value })));
  }
  return all.length > ZEROES_MAX ? [] : all;
}

/** The measures of one process, in memory. With the name of the process, its counters begin at zero. */
export function createCounters(process: string | null = null): Counters {
  const kept = new Map<string, Kept>();
  const readers: (() => readonly Reading[])[] = [];
  const find = (name: MetricName, given: Readonly<Record<string, string>>): Kept | null => {
    const labels = allowedLabels(name, given);
    const key = keyOf(name, labels);
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= SERIES_MAX && name !== 'metrics_series_dropped_total') {
      add('metrics_series_dropped_total', {}, 1);
      return null;
    }
    const { buckets }: MetricEntry = METRICS[name];
    const fresh: Kept = {
      name,
      labels,
      value: 0,
      counts: buckets === undefined ? null : Array.from({ length: buckets.length + 1 }, () => 0),
    };
    kept.set(key, fresh);
    return fresh;
  };
  const add = (name: MetricName, labels: Readonly<Record<string, string>>, by: number): void => {
    const one = find(name, labels);
    if (one !== null) one.value += by;
  };
  for (const [name, entry] of Object.entries(METRICS) as [MetricName, MetricEntry][]) {
    const isOwn = process !== null && (entry.from === process || entry.from === 'every');
    if (isOwn && entry.type === 'counter' && !name.startsWith('process_')) for (const labels of combinations(entry)) find(name, labels);
  }
  const readings = (): readonly Series[] =>
    readers.flatMap((read) => {
      try {
        return read().map((one) => ({ ...one, labels: allowedLabels(one.name, one.labels) }));
      } catch {
        return [];
      }
    });
  return {
    count: (name, labels) => add(name, labels ?? {}, 1),
    observeMs: (name, valueMs, labels) => {
      const one = find(name, labels ?? {});
      if (one?.counts == null) return;
      const valueS = valueMs / MS_PER_S;
      const at = METRICS[name].buckets.findIndex((bound) => valueS <= bound);
      const bucket = at === -1 ? one.counts.length - 1 : at;
      one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
      one.value += valueS;
    },
    onLook: (read) => void readers.push(read),
    series: () => [
      ...[...kept.values()].map(({ name, labels, value, counts }) => ({ name, labels, value, ...(counts === null ? {} : { counts }) })),
      ...readings(),
    ],
    snapshot: () =>
      Object.fromEntries(
        [...kept].map(([key, { value, counts }]) => [
          key,
          counts === null ? { count: value, sumMs: 0 } : { count: counts.reduce((sum, count) => sum + count, 0), sumMs: value * MS_PER_S },
        ]),
      ),
  };
}
