import { METRICS, type MetricEntry, type MetricName } from '../../ports/metric-catalogue.ts';
import type { Series } from './counters.ts';

/** Content type of the Prometheus text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const PREFIX = 'vestibule_';

/** What one process told; null when it did not answer. */
export interface ProcessReport {
  readonly process: string;
  readonly series: readonly Series[] | null;
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const parts = Object.entries(labels).map(([label, said]) => `${label}="${escaped(said)}"`);
  return `${PREFIX}${name}${parts.length === 0 ? '' : `{${parts.join(',')}}`} ${value}`;
}

function histogramLines(series: Series, labels: Readonly<Record<string, string>>, buckets: readonly number[]): readonly string[] {
  const counts = series.counts ?? [];
  let total = 0;
  const rows = [...buckets.map(String), '+Inf'].map((bound, at) => {
    total += counts[at] ?? 0;
    return line(`${series.name}_bucket`, { ...labels, le: bound }, total);
  });
  return [...rows, line(`${series.name}_sum`, labels, series.value), line(`${series.name}_count`, labels, total)];
}

const heading = (name: string, type: string, help: string): readonly string[] => [
  `# HELP ${PREFIX}${name} ${help.replaceAll('\\', '\\\\')}`,
  `# TYPE ${PREFIX}${name} ${type}`,
];

function family(name: MetricName, entry: MetricEntry, reports: readonly ProcessReport[]): readonly string[] {
  const lines = reports.flatMap(({ process, series }) =>
    (series ?? [])
      .filter((one) => one.name === name)
      .flatMap((one) => {
        const labels = { ...one.labels, process };
        return entry.buckets === undefined ? [line(name, labels, one.value)] : histogramLines(one, labels, entry.buckets);
      }),
  );
  return lines.length === 0 ? [] : [...heading(name, entry.type, entry.help), ...lines];
}

/** Everything that the processes told, as Prometheus reads it; `process` names who measured. */
export function expose(reports: readonly ProcessReport[]): string {
  const up = reports.map(({ process, series }) => line('process_up', { process }, series === null ? 0 : 1));
  const families = (Object.entries(METRICS) as [MetricName, MetricEntry][]).flatMap(([name, entry]) => family(name, entry, reports));
  return `${[...heading('process_up', 'gauge', 'Whether the process answered when it was asked for its measures.'), ...up, ...families].join('\n')}\n`;
}
