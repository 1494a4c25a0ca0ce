import { z } from 'zod';
import { allowedLabels, isMetricName } from '../../ports/metric-catalogue.ts';
import { createRpcClient, serveRpc, type RpcServer } from '../ipc/rpc.ts';
import type { Counters, Series } from './counters.ts';
import type { ProcessReport } from './exposition.ts';

const METHOD = 'metrics';
/** How long a process may take to tell its measures, in milliseconds; a process that is busy with a call has them soon enough. */
const ANSWER_MS_MAX = 1000;
const SERIES_MAX = 2000;
const BUCKETS_MAX = 50;

const seriesSchema = z
  .array(
    z.strictObject({
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      value: z.number(),
      counts: z.array(z.number().int().min(0)).max(BUCKETS_MAX).optional(),
    }),
  )
  .max(SERIES_MAX);

/** Lets the measures of this process be asked for on a Unix socket. Throws what listening throws. */
export function serveMetrics(path: string, counters: Counters): Promise<RpcServer> {
  return serveRpc({ path, handlers: { [METHOD]: async () => counters.series() } });
}

/** A process whose measures are asked for. */
export interface Source {
  readonly process: string;
  readonly socket: string;
}

/** Asks every process for its measures. */
export interface Collector {
  /** Never rejects: a process that does not answer in its time, or answers nonsense, is reported as such. */
  collect(): Promise<readonly ProcessReport[]>;
  close(): void;
}

/** What is not in the catalogue is left out, whoever tells it. */
function parsed(answer: unknown): readonly Series[] | null {
  const { data } = seriesSchema.safeParse(answer);
  if (data === undefined) return null;
  return data.flatMap(({ name, labels, value, counts }) =>
    isMetricName(name) ? [{ name, labels: allowedLabels(name, labels), value, ...(counts === undefined ? {} : { counts }) }] : [],
  );
}

/** `own`: the process that collects; it needs no socket. */
export function createCollector(options: {
  readonly own: { readonly process: string; readonly counters: Counters };
  readonly others: readonly Source[];
  readonly signal: AbortSignal;
}): Collector {
  const { own, signal } = options;
  const lines = options.others.map(({ process, socket }) => ({ process, rpc: createRpcClient({ path: socket, signal }) }));
  return {
    collect: () =>
      Promise.all([
        Promise.resolve({ process: own.process, series: own.counters.series() }),
        ...lines.map(async ({ process, rpc }): Promise<ProcessReport> => {
          const answer = await rpc.call(METHOD, null, { signal, limitMs: ANSWER_MS_MAX }).catch(() => null);
          return { process, series: parsed(answer) };
        }),
      ]),
    close: () => {
      for (const { rpc } of lines) rpc.close();
    },
  };
}
