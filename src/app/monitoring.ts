import { join } from 'node:path';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import { installRequestWatch, type RequestEnd, type RequestWatch } from '../adapters/destinations/http/request-watch.ts';
import { createCollector, serveMetrics } from '../adapters/metrics/collect.ts';
import { createCounters, type Counters } from '../adapters/metrics/counters.ts';
import { readProcess } from '../adapters/metrics/process-readings.ts';
import { serveScrapes } from '../adapters/metrics/scrape-server.ts';
import { installCommitWatch } from '../adapters/sqlite/database.ts';
import { subjectKeysPath } from '../adapters/sqlite/subject-keys.ts';
import { createOtlpExporter } from '../adapters/trace/otlp-exporter.ts';
import { createTracer } from '../adapters/trace/tracer.ts';
import { isAppError } from '../base/app-error.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Tracer } from '../ports/tracer.ts';
import { NODE_PROCESSES } from './process-table.ts';

/** What a process measures and traces. */
export interface Monitoring {
  readonly metrics: Counters;
  readonly tracer: Tracer;
  close(): Promise<void>;
}

interface MonitoringParts {
  readonly process: string;
  readonly config: Config;
  readonly logger: Logger;
}

const metricsSocket = (config: Config, process: string): string => join(config.paths.run, `metrics-${process}.sock`);

/** The process that answers for all of them. */
const COLLECTING = 'daemon';

function outcomeOf(end: RequestEnd): string {
  if ('sent' in end) return end.sent ? 'lost' : 'not_sent';
  return end.status === 429 ? '429' : `${Math.floor(end.status / 100)}xx`;
}

/** Times every request to a destination, and gives it a span below that of its attempt. */
export function createRequestWatch(metrics: Metrics, tracer: Tracer): RequestWatch {
  return {
    begin: ({ method, url, template, traceparent }) => {
      const startedAtMs = performance.now();
      const parent = traceparent ?? tracer.current();
      const span =
        parent === null
          ? null
          : tracer.start('http', {
              parent,
              attributes: {
                'http.request.method': method,
                'server.address': url.hostname,
                ...(url.port === '' ? {} : { 'server.port': Number(url.port) }),
                ...(template === undefined ? {} : { 'url.template': template }),
              },
            });
      return {
        traceparent: span?.traceparent,
        end: (end) => {
          const status = outcomeOf(end);
          metrics.observeMs('http_client_request_duration_seconds', performance.now() - startedAtMs, { method, status });
          if ('status' in end) span?.note({ 'http.response.status_code': end.status });
          const isFailed = 'sent' in end || end.status >= 400;
          span?.end(isFailed ? ('sent' in end ? status : String(end.status)) : null);
        },
      };
    },
  };
}

function watchCommits({ paths, secrets }: Config, metrics: Metrics): void {
  const stores = new Map([
    [paths.ledger, 'ledger'],
    [paths.journal, 'journal'],
    [subjectKeysPath(secrets.keyFile), 'keys'],
  ]);
  installCommitWatch((path, durationMs) => metrics.observeMs('ledger_commit_seconds', durationMs, { store: stores.get(path) ?? 'other' }));
}

/** What goes wrong with monitoring is logged; the telephone is answered without it. */
async function attempt<T>(log: Logger, what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    log.error(what, { code: isAppError(error) ? error.code : 'unknown', reason: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** Begins to measure this process, and lets it be asked where `monitoring.port` is set; spans go out where `monitoring.otlpUrl` is. */
export async function openMonitoring({ process, config, logger }: MonitoringParts): Promise<Monitoring> {
  const metrics = createCounters(process);
  metrics.onLook(readProcess);
  const { port, otlpUrl } = config.monitoring;
  const exporter = otlpUrl === null ? null : createOtlpExporter({ url: otlpUrl, process, log: logger, metrics });
  const tracer = createTracer({ clock: createSystemClock(), export: exporter === null ? null : (span) => exporter.take(span) });
  watchCommits(config, metrics);
  installRequestWatch(createRequestWatch(metrics, tracer));
  const isAsked = port !== null && process !== COLLECTING;
  const server = isAsked
    ? await attempt(logger, 'measures cannot be asked for', () => serveMetrics(metricsSocket(config, process), metrics))
    : null;
  return {
    metrics,
    tracer,
    close: async () => {
      await Promise.allSettled([server?.close(), exporter?.close()]);
    },
  };
}

/** Serves the measures of all processes on loopback where `monitoring.port` is set. Returns how it stops; `signal` ends the asking. */
export async function serveMonitoring(parts: {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Counters;
  readonly signal: AbortSignal;
}): Promise<() => Promise<void>> {
  const { config, logger, metrics, signal } = parts;
  const { port } = config.monitoring;
  if (port === null) return () => Promise.resolve();
  const others = NODE_PROCESSES.filter(({ name }) => name !== COLLECTING).map(({ name }) => ({
    process: name,
    socket: metricsSocket(config, name),
  }));
  const collector = createCollector({ own: { process: COLLECTING, counters: metrics }, others, signal });
  const server = await attempt(logger, 'measures are not served', () => serveScrapes({ port, collect: () => collector.collect() }));
  return async () => {
    collector.close();
    await server?.close();
  };
}
