import type { CounterName, HistogramName, LabelsOf, MetricName } from './metric-catalogue.ts';

/** Counters and timings with bounded labels, as the catalogue has them; never ids, names or numbers of callers. */
export interface Metrics {
  count<Name extends CounterName>(name: Name, labels?: LabelsOf<Name>): void;
  /** A duration in milliseconds; shown in seconds. */
  observeMs<Name extends HistogramName>(name: Name, valueMs: number, labels?: LabelsOf<Name>): void;
}

/** What something measures at present; read when somebody looks. */
export interface Reading {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Metrics to which readings can be added. */
export interface MetricsRegistry extends Metrics {
  /** `read` is called at every look; what it throws leaves its readings out of that look. */
  onLook(read: () => readonly Reading[]): void;
}
