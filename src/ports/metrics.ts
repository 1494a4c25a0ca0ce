/** Counters and timings with bounded labels; never ids, names or numbers of callers. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>): void;
  observeMs(name: string, valueMs: number, labels?: Readonly<Record<string, string>>): void;
}
