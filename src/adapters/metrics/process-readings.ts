import type { Reading } from '../../ports/metrics.ts';

const MICROSECONDS_PER_S = 1_000_000;
const MS_PER_S = 1000;

/** What this process uses of the machine. */
export function readProcess(): readonly Reading[] {
  const { user, system } = process.cpuUsage();
  return [
    { name: 'process_cpu_seconds_total', labels: {}, value: (user + system) / MICROSECONDS_PER_S },
    { name: 'process_resident_memory_bytes', labels: {}, value: process.memoryUsage.rss() },
    { name: 'process_start_time_seconds', labels: {}, value: performance.timeOrigin / MS_PER_S },
  ];
}
