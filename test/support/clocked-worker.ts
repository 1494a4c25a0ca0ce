import { readFileSync } from 'node:fs';
import { createCaldavDestination } from '../../src/adapters/destinations/caldav/caldav.ts';
import { createInboxDestination } from '../../src/adapters/destinations/inbox/inbox.ts';
import { installRequestWatch } from '../../src/adapters/destinations/http/request-watch.ts';
import { createTokenBucket, type Rate } from '../../src/adapters/destinations/http/token-bucket.ts';
import type { OpId } from '../../src/base/ids.ts';
import { isFinal } from '../../src/domain/writeback/reduce-op.ts';
import type { Destination } from '../../src/ports/destination.ts';
import type { OpStore } from '../../src/ports/op-store.ts';
import type { WriteBackEngine } from '../../src/runtime/write-back/engine.ts';
import type { FakeLedger } from './fake-ledger.ts';
import { createKeptLogger, type KeptLogger } from './kept-logger.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { openRealLedger } from './real-ledger.ts';
import { samplePractice } from './sample-practice.ts';
import type { TestCalendar } from './servers.ts';
import { testEngine } from './test-engine.ts';

/** One request to the calendar, at the time of the worker's clock. */
export interface SeenRequest {
  readonly method: string;
  readonly atMs: number;
  /** Null while it is under way; `sent` false when nobody was there to take it. */
  end: { readonly sent: boolean; readonly atMs: number } | null;
}

/** The worker's engine over the real ledger and a real calendar server, at a time that the test moves. */
export interface ClockedWorker extends FakeLedger {
  readonly clock: ManualClock;
  readonly engine: WriteBackEngine;
  readonly log: KeptLogger;
  readonly requests: readonly SeenRequest[];
  /** Leases that were taken so far, each of which costs the disk some transactions. */
  claims(): number;
  /** Most operations that were worked on at once. */
  claimedAtOnceMax(): number;
  /** Lets time pass in steps; at each of them what is under way goes on as far as it can without more time. */
  pass(ms: number, stepMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface ClockedWorkerOptions {
  readonly folder: string;
  readonly calendar: TestCalendar;
  readonly rate: Rate;
  readonly others?: readonly Destination[];
}

/** Turns of the event loop without a sign of life after which everything waits for time to pass; a write lets a timer run first. */
const QUIET_TURNS = 3;
const TURN_MS = 1;

interface Activity {
  readonly requests: SeenRequest[];
  readonly held: Set<OpId>;
  ended: number;
  claims: number;
  claimedAtOnceMax: number;
}

function watchRequests(activity: Activity, clock: ManualClock): void {
  installRequestWatch({
    begin: ({ method, traceparent }) => {
      const request: SeenRequest = { method, atMs: clock.monotonicMs(), end: null };
      activity.requests.push(request);
      return {
        traceparent,
        end: (ended) => {
          activity.ended += 1;
          request.end = { sent: !('sent' in ended) || ended.sent, atMs: clock.monotonicMs() };
        },
      };
    },
  });
}

/** Counts leases; what is decided gives its lease back by itself. */
function watchClaims(store: OpStore, activity: Activity): OpStore {
  return {
    ...store,
    claim: (op, lease) => {
      const claimed = store.claim(op, lease);
      if (claimed !== null) {
        activity.claims += 1;
        activity.held.add(op);
        activity.claimedAtOnceMax = Math.max(activity.claimedAtOnceMax, activity.held.size);
      }
      return claimed;
    },
    release: (op, epoch) => {
      activity.held.delete(op);
      store.release(op, epoch);
    },
    save: (op, epoch, change) => {
      const isKept = store.save(op, epoch, change);
      if (isFinal(change.progress.state)) activity.held.delete(op);
      return isKept;
    },
  };
}

export function startClockedWorker({ folder, calendar, rate, others = [] }: ClockedWorkerOptions): ClockedWorker {
  const clock = createManualClock();
  const opened = openRealLedger(folder, clock);
  const activity: Activity = { requests: [], held: new Set(), ended: 0, claims: 0, claimedAtOnceMax: 0 };
  watchRequests(activity, clock);
  const password = (): string => readFileSync(calendar.passwordFile, 'utf8').trim();
  const access = { url: calendar.url, user: calendar.user, password };
  const bucket = createTokenBucket(rate, clock);
  const caldav = createCaldavDestination({ access, sandbox: true, practice: () => samplePractice(), clock, bucket });
  const store = watchClaims(opened.store, activity);
  const log = createKeptLogger();
  const engine = testEngine({
    store,
    destinations: [caldav, createInboxDestination(opened.inbox, clock), ...others],
    clock,
    log,
    owner: 'clocked-worker',
  });
  const stop = new AbortController();
  const running = engine.runUntil(stop.signal);
  const signs = (): number => activity.claims + activity.requests.length + activity.ended;
  let seen = 0;
  const rest = async (): Promise<void> => {
    await new Promise((resolve) => void setImmediate(resolve));
    if (activity.held.size === 0 && activity.claims + activity.requests.length === seen) return;
    for (let quiet = 0, last = -1; quiet < QUIET_TURNS;) {
      await new Promise((resolve) => void setTimeout(resolve, TURN_MS));
      const now = signs();
      const isUnderWay = activity.ended < activity.requests.length;
      quiet = isUnderWay || now !== last ? 0 : quiet + 1;
      last = now;
    }
    seen = activity.claims + activity.requests.length;
  };
  return {
    ...opened,
    clock,
    engine,
    log,
    requests: activity.requests,
    claims: () => activity.claims,
    claimedAtOnceMax: () => activity.claimedAtOnceMax,
    pass: async (ms, stepMs) => {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(stepMs);
        await rest();
      }
    },
    close: async () => {
      stop.abort();
      clock.advance(5000);
      await running;
      installRequestWatch(null);
      await caldav.close();
      opened.ledger.close();
    },
  };
}
