import { isAppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { OpId } from '../../base/ids.ts';
import { throwIfAborted, withTimeout } from '../../base/scope.ts';
import { dueReconciliation } from '../../domain/writeback/reconcile-schedule.ts';
import {
  isAlerting,
  needsSighting,
  reconcile,
  type FindingType,
  type ReconcileScope,
  type Sighting,
} from '../../domain/writeback/reconcile.ts';
import type { Destination } from '../../ports/destination.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Notifier } from '../../ports/notifier.ts';
import type { OpStore } from '../../ports/op-store.ts';
import type { ReconcileCandidate, ReconcileStore, ReconciliationView } from '../../ports/reconcile-store.ts';
import { readBack } from './destination-calls.ts';
import { findCopies, lookForOrphans } from './own-records.ts';
import { workOf } from './work.ts';

/** Everything the reconciler needs from outside. */
export interface ReconcilerDeps {
  readonly store: ReconcileStore;
  readonly ops: Pick<OpStore, 'due' | 'record' | 'isBeingTakenBack'>;
  readonly destinations: ReadonlyMap<string, Destination>;
  /** True while operations are under way in this process. */
  readonly isBusy: () => boolean;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tenant: string;
  /** Of the practice; read at every use. */
  readonly timeZone: () => string;
}

/** Compares what was said, what the ledger holds and what destinations hold; one run at a time. */
export interface Reconciler {
  /** Runs now, after the run that is under way. Throws `cancelled`, `ledger_unavailable`, `disk_full`. */
  run(scope: ReconcileScope, options: { readonly signal: AbortSignal }): Promise<ReconciliationView>;
  /** Runs whenever the schedule says so, until `signal` aborts. Never throws. */
  runUntil(signal: AbortSignal): Promise<void>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How far back a reconciliation looks. */
const SINCE_MS = { recent: 30 * MINUTE_MS, full: 7 * DAY_MS } as const;
/** Between two looks at the schedule, and before the first: a worker that has just started has other things to do. */
const TICK_MS = 5000;
const FIRST_MS = 120_000;
/** How long the schedule waits for one run, in milliseconds. */
const RUN_MS_MAX = 3_600_000;
/** Operations read at once, and looked at in one run; what comes beyond waits for the next run. */
const PAGE_OPS = 50;
const OPS_MAX = { recent: 1000, full: 20_000 } as const;
/** How long one comparison gives way to operations, in milliseconds; a destination that hangs does not stop it for ever. */
const GIVE_WAY_MS = 250;
const GIVE_WAY_TIMES_MAX = 120;
/** A record that is missing is looked for once more after this time, beside the time the destination needs to show what it holds. */
const LOOK_AGAIN_MS = 2000;
/** Alerts of one run; the others follow with the next runs. */
const ALERTS_MAX = 10;

/** Code of an alert, by the type of its finding. */
const ALERT_CODES: Readonly<Partial<Record<FindingType, string>>> = { duplicate: 'record_duplicate', orphan_remote: 'record_orphan' };

/** One run while it lasts. */
export interface Run {
  readonly deps: ReconcilerDeps;
  readonly scope: ReconcileScope;
  readonly signal: AbortSignal;
  /** Destinations that did not answer; they are not asked again in this run. */
  readonly down: Set<string>;
  readonly startedAtEpochMs: number;
  /** Ends when nothing is under way that a caller may wait for. */
  readonly giveWay: () => Promise<void>;
}

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  let last: Promise<unknown> = Promise.resolve();
  const run: Reconciler['run'] = (scope, { signal }) => {
    const next = last.then(() => runOnce(deps, scope, signal));
    last = next.catch(() => undefined);
    return next;
  };
  const tick = async (signal: AbortSignal): Promise<void> => {
    try {
      const { store, clock, timeZone } = deps;
      const ended = (scope: ReconcileScope): number | null => store.lastReconciliation(scope)?.endedAtEpochMs ?? null;
      const due = dueReconciliation(clock.epochMs(), { recent: ended('recent'), full: ended('full') }, timeZone());
      // A request that hangs does not keep the worker from ending.
      if (due !== null) await withTimeout(run(due, { signal }), RUN_MS_MAX, 'a reconciliation', signal);
    } catch (error) {
      if (!signal.aborted) deps.log.error('reconciliation failed', { code: isAppError(error) ? error.code : 'invariant_broken' });
    }
  };
  return {
    run,
    runUntil: async (signal) => {
      const pause = (ms: number): Promise<void> => deps.clock.sleep(ms, { signal }).catch(() => undefined);
      await pause(FIRST_MS);
      while (!signal.aborted) {
        await tick(signal);
        await pause(TICK_MS);
      }
    },
  };
}

async function giveWay({ isBusy, clock }: ReconcilerDeps, signal: AbortSignal): Promise<void> {
  for (let times = 0; times < GIVE_WAY_TIMES_MAX; times += 1) {
    throwIfAborted(signal);
    if (!isBusy()) return;
    await clock.sleep(GIVE_WAY_MS, { signal });
  }
}

async function runOnce(deps: ReconcilerDeps, scope: ReconcileScope, signal: AbortSignal): Promise<ReconciliationView> {
  throwIfAborted(signal);
  const { store, clock, log } = deps;
  const startedAtEpochMs = clock.epochMs();
  const run: Run = { deps, scope, signal, down: new Set(), startedAtEpochMs, giveWay: () => giveWay(deps, signal) };
  const copies = scope === 'full' ? await findCopies(run) : null;
  const compared = await compareAll(run, copies);
  const unlisted = copies === null ? 0 : await lookForOrphans(run, copies);
  const unreachable = compared.unreachable + unlisted;
  if (scope === 'full' && unreachable === 0 && compared.isComplete) store.endUnseen(startedAtEpochMs, clock.epochMs());
  await alert(run);
  const view = {
    scope,
    startedAtEpochMs,
    endedAtEpochMs: clock.epochMs(),
    checked: compared.checked,
    findings: store.openFindings(),
    unreachable,
  };
  store.addReconciliation(view);
  log.info('reconciled', { scope, checked: view.checked, findings: view.findings, unreachable });
  return view;
}

interface Compared {
  readonly checked: number;
  readonly unreachable: number;
  readonly isComplete: boolean;
}

async function compareAll(run: Run, copies: ReadonlyMap<string, unknown> | null): Promise<Compared> {
  const { deps, scope, startedAtEpochMs } = run;
  const window = { scope, sinceEpochMs: startedAtEpochMs - SINCE_MS[scope], aheadEpochMs: deps.clock.businessEpochMs(), limit: PAGE_OPS };
  let [checked, unreachable, pages] = [0, 0, 0];
  let after: OpId | null = null;
  do {
    const page: ReturnType<ReconcileStore['candidates']> = deps.store.candidates({ ...window, after });
    for (const candidate of page.candidates) {
      checked += 1;
      if ((await compare(run, candidate, copies)) === 'unreachable') unreachable += 1;
    }
    after = page.next;
    pages += 1;
  } while (after !== null && pages * PAGE_OPS < OPS_MAX[scope]);
  if (after !== null) deps.log.warn('reconciliation cut short', { scope, checked });
  return { checked, unreachable, isComplete: after === null };
}

/** Compares one record and keeps what is wrong with it. What the ledger holds is read after the look: it may have changed meanwhile. */
async function compare(
  run: Run,
  candidate: ReconcileCandidate,
  copies: ReadonlyMap<string, unknown> | null,
): Promise<'done' | 'unreachable'> {
  const { store, clock, log } = run.deps;
  const { op, destination } = candidate;
  const before = store.facts(op);
  if (before === null) return 'done';
  const sighting = needsSighting(before) ? await sight(run, candidate, copies) : null;
  const facts = store.facts(op);
  if (facts === null || sighting === 'nothing_to_see') return 'done';
  const verdict = needsSighting(facts) && sighting === null ? 'unreachable' : reconcile(facts, sighting);
  const isNew = store.conclude({ op, destination, verdict, listed: copies !== null }, clock.epochMs());
  if (isNew) log[isAlerting(verdict) ? 'error' : 'warn']('ledger and destination differ', { op, destination, type: verdict });
  return verdict === 'unreachable' ? 'unreachable' : 'done';
}

/** Asks the destination; `nothing_to_see` for what never became a record. */
async function sight(
  run: Run,
  candidate: ReconcileCandidate,
  copies: ReadonlyMap<string, unknown> | null,
): Promise<Sighting | 'nothing_to_see'> {
  const { deps, down, signal } = run;
  const work = workOf(candidate, deps.ops);
  if (work.type === 'wait' || work.type === 'impossible') return 'nothing_to_see';
  const destination = deps.destinations.get(candidate.destination);
  if (destination === undefined || down.has(destination.id)) return 'unavailable';
  if (copies?.has(candidate.key) === true) return 'duplicate';
  const look = async (): Promise<Sighting> => {
    await run.giveWay();
    return (await readBack(destination, { ...candidate, links: {} }, work)).outcome;
  };
  const first = await look();
  if (first === 'unavailable') down.add(destination.id);
  if (first !== 'absent') return first;
  await deps.clock.sleep(LOOK_AGAIN_MS + destination.capabilities.visibilityDelayMs, { signal });
  return look();
}

/** Each alarming finding is told once; one that could not be delivered stands in `doctor` all the same. */
async function alert({ deps, signal }: Run): Promise<void> {
  const { store, notifier, clock } = deps;
  for (const { op, type, destination, foundAtEpochMs } of store.unalerted(ALERTS_MAX)) {
    const code = ALERT_CODES[type] ?? type;
    await notifier.notify({ code, subject: `${op} in ${destination}`, atEpochMs: foundAtEpochMs }, { signal });
    store.markAlerted({ op, type }, clock.epochMs());
  }
}
