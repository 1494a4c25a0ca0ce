import type { Metrics } from '../../ports/metrics.ts';

/** Distinct series kept; more are counted under `overflow`, so that a wrong label cannot eat the memory. */
const SERIES_MAX = 500;

export interface Counters extends Metrics {
  /** Every series with its count, and for timings their sum in milliseconds. */
  snapshot(): Readonly<Record<string, { readonly count: number; readonly sumMs: number }>>;
}

/** Counters in memory of one process. */
export function createCounters(): Counters {
  const series = new Map<string, { count: number; sumMs: number }>();
  const entry = (name: string, labels: Readonly<Record<string, string>> | undefined): { count: number; sumMs: number } => {
    const wanted =
      labels === undefined
        ? name
        : `${name}{${Object.entries(labels)
            .map(([key, value]) => `${key}="${value}"`)
            .join(',')}}`;
    const key = series.has(wanted) || series.size < SERIES_MAX ? wanted : 'overflow';
    const known = series.get(key);
    if (known !== undefined) return known;
    const fresh = { count: 0, sumMs: 0 };
    series.set(key, fresh);
    return fresh;
  };
  return {
    count: (name, labels) => {
      entry(name, labels).count += 1;
    },
    observeMs: (name, valueMs, labels) => {
      const one = entry(name, labels);
      one.count += 1;
      one.sumMs += valueMs;
    },
    snapshot: () => Object.fromEntries(series),
  };
}
