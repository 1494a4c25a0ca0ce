import { OP_CHANGED } from '../../adapters/bookings/worker-protocol.ts';
import { createBullQueue } from '../../adapters/bullmq/bull-queue.ts';
import { createInboxDestination } from '../../adapters/destinations/inbox/inbox.ts';
import { serveRpc } from '../../adapters/ipc/rpc.ts';
import { createInboxStore } from '../../adapters/sqlite/inbox-store.ts';
import { openLedgerDb } from '../../adapters/sqlite/ledger-db.ts';
import { createLedgerReadings } from '../../adapters/sqlite/ledger-readings.ts';
import { createOpStore } from '../../adapters/sqlite/op-store.ts';
import { createReconcileStore } from '../../adapters/sqlite/reconcile-rows.ts';
import type { Clock } from '../../base/clock.ts';
import type { Scope } from '../../base/scope.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MetricsRegistry } from '../../ports/metrics.ts';
import type { Tracer } from '../../ports/tracer.ts';
import { BREAKER_FAILURES_MAX, createBreaker } from '../../runtime/write-back/breaker.ts';
import { createWriteBackEngine } from '../../runtime/write-back/engine.ts';
import { createReconciler } from '../../runtime/write-back/reconciler.ts';
import type { WriteBackDeps } from '../../runtime/write-back/run-op.ts';
import type { Alerts } from '../alerts.ts';
import type { Destinations } from '../destinations.ts';
import { allowanceReadings } from './allowance-readings.ts';
import { createRpcHandlers } from './rpc-handlers.ts';

/** Everything the worker is told by the configuration. */
export interface WorkerSettings {
  readonly ledgerPath: string;
  readonly keyFile: string;
  readonly redisSocket: string;
  readonly workerSocket: string;
  /** Whom the worker writes to, but for the inbox. */
  readonly destinations: Destinations;
  /** Id of the one that is asked for free slots. */
  readonly freeSlotsFrom: string;
  /** Ids of those that are asked who calls. */
  readonly askedWhoCalls: readonly string[];
  /** Whom it tells of what a person should know now. */
  readonly alerts: Alerts;
  readonly tenant: string;
  /** Of the practice. */
  readonly timeZone: string;
  /** Spreads the pauses between attempts; see the engine. */
  readonly random: WriteBackDeps['random'];
}

export interface WorkerParts {
  readonly settings: WorkerSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricsRegistry;
  readonly tracer: Tracer;
  readonly scope: Scope;
}

/** A worker waits longer for the ledger than a call does: nobody hears it. */
const LEDGER_BUSY_MS = 5000;

/** Starts the worker: its socket, the queue's consumer and the sweep over the ledger. Returns how it stops. */
export async function startWorker({ settings, clock, log, metrics, tracer, scope }: WorkerParts): Promise<() => Promise<void>> {
  const ledger = openLedgerDb({ path: settings.ledgerPath, keyFile: settings.keyFile, busyMs: LEDGER_BUSY_MS, standsBack: true });
  const { calendar, all } = settings.destinations;
  const inbox = createInboxDestination(createInboxStore(ledger), clock);
  let notify: (topic: string, body: unknown) => void = () => undefined;
  const store = createOpStore(ledger);
  const destinations = new Map([...all, inbox].map((destination) => [destination.id, destination]));
  const looking = {
    destinations: [...destinations.keys()],
    breakerFailuresMax: BREAKER_FAILURES_MAX,
    nowEpochMs: () => clock.epochMs(),
  };
  metrics.onLook(createLedgerReadings(ledger, looking));
  metrics.onLook(() => allowanceReadings(destinations.values()));
  const breaker = createBreaker(clock, store);
  const engine = createWriteBackEngine({
    store,
    destinations,
    breaker,
    clock,
    random: settings.random,
    log,
    metrics,
    tracer,
    owner: `worker-${process.pid}`,
    onChanged: (op, state) => notify(OP_CHANGED, { op, state }),
  });
  const reconciler = createReconciler({
    store: createReconcileStore(ledger),
    ops: store,
    destinations,
    isBusy: () => engine.isBusy(),
    notifier: settings.alerts,
    clock,
    log,
    tenant: settings.tenant,
    timeZone: () => settings.timeZone,
  });
  // One that is known not to answer is spared.
  const askedWhoCalls = () =>
    settings.askedWhoCalls.filter((id) => !breaker.paused().includes(id)).flatMap((id) => destinations.get(id) ?? []);
  const freeSlotsFrom = destinations.get(settings.freeSlotsFrom) ?? calendar;
  const handlers = createRpcHandlers({ engine, reconciler, calendar, freeSlotsFrom, askedWhoCalls, destinations, clock, log });
  const server = await serveRpc({ path: settings.workerSocket, handlers });
  notify = server.notify;
  const queue = createBullQueue({ socket: settings.redisSocket, log });
  const consumer = queue.consume((op) => engine.wake(op), { signal: scope.signal });
  const sweeping = engine.runUntil(scope.signal);
  const comparing = reconciler.runUntil(scope.signal);
  return async () => {
    await Promise.allSettled([consumer, sweeping, comparing]);
    await Promise.allSettled([queue.close(), server.close(), settings.destinations.close(), settings.alerts.close()]);
    ledger.close();
  };
}
