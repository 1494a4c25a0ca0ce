import { createConnection } from 'node:net';
import { reconciledSchema, WORKER_METHODS } from '../adapters/bookings/worker-protocol.ts';
import { createRpcClient } from '../adapters/ipc/rpc.ts';
import { AppError } from '../base/app-error.ts';
import type { Config } from '../config/config.ts';
import type { ReconcileScope } from '../domain/writeback/reconcile.ts';
import type { ReconciliationView } from '../ports/reconcile-store.ts';

/** A full comparison asks for every appointment to come, one after the other. */
const RECONCILE_MS_MAX = 900_000;

/** True when a process answers on the socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

export interface AskOptions {
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

/** Asks the running worker one thing. Throws `worker_not_running`, what the worker throws, or `timed_out`. Observes `signal`. */
export async function askWorker(config: Config, method: string, params: unknown, { signal, limitMs }: AskOptions): Promise<unknown> {
  const path = config.paths.sockets.worker;
  if (!(await isListening(path))) throw new AppError('worker_not_running', 'the worker does not answer on its socket');
  const connected = Promise.withResolvers<void>();
  const stop = new AbortController();
  const client = createRpcClient({ path, signal: AbortSignal.any([signal, stop.signal]), onConnected: () => connected.resolve() });
  const giveUp = (): void => connected.reject(new AppError('cancelled', 'asking the worker was cancelled'));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await connected.promise;
    return await client.call(method, params, { signal, limitMs });
  } finally {
    signal.removeEventListener('abort', giveUp);
    stop.abort();
    client.close();
  }
}

/** Has the worker compare ledger and destinations now, and waits for it. Throws as `askWorker` does. */
export async function reconcileNow(config: Config, scope: ReconcileScope, signal: AbortSignal): Promise<ReconciliationView> {
  const answer = await askWorker(config, WORKER_METHODS.reconcile, { scope }, { signal, limitMs: RECONCILE_MS_MAX });
  const parsed = reconciledSchema.safeParse(answer);
  if (!parsed.success) throw new AppError('process_failed', 'the worker answered with something that is no reconciliation');
  return parsed.data;
}
