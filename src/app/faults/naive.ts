import { createLanes } from './lanes.ts';
import { openDestination, type FaultyDestination } from './house.ts';
import { isEntryOf } from './played.ts';
import { planFaults } from './plan.ts';
import type { FaultRun } from './run.ts';
import { bookingOf, type PlannedCaller } from './story.ts';

/** What common practice comes to under the same faults. */
export interface NaiveFigures {
  readonly baseline: 'retry without a key, "booked" on 2xx';
  readonly destination: string;
  readonly seed: number;
  readonly ops: number;
  readonly faultsFired: number;
  /** Callers with more than one entry. */
  readonly duplicated: number;
  readonly lost: number;
  readonly falseClaims: number;
  /** Callers who heard that it failed, and it stands. */
  readonly deniedButThere: number;
  readonly fired: Readonly<Record<string, number>>;
}

const TRIES_MAX = 3;
/** A careful programmer's time-out, and the pause after the first try; it doubles. Milliseconds. */
const TIMEOUT_MS = 1200;
const PAUSE_MS = 500;

interface Answered {
  readonly caller: PlannedCaller;
  readonly isBooked: boolean;
}

async function bookNaively({ target, proxy, clock }: FaultyDestination, caller: PlannedCaller, signal: AbortSignal): Promise<Answered> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const status = await target.plainWrite(proxy.port, caller, { tries, timeoutMs: TIMEOUT_MS });
    if (status !== null && status >= 200 && status < 300) return { caller, isBooked: true };
    if (tries < TRIES_MAX) await clock.sleep(PAUSE_MS * 2 ** (tries - 1), { signal });
  }
  return { caller, isBooked: false };
}

async function countUp(destination: FaultyDestination, answers: readonly Answered[]): Promise<NaiveFigures> {
  const { target, proxy, plan, trace } = destination;
  await proxy.quiet();
  const entries = await target.list();
  const contacts = ((await target.records?.()) ?? []).filter(({ kind }) => kind === 'contact');
  const seen = answers.map(({ caller, isBooked }) => {
    const own = [...entries, ...contacts].filter(({ phone }) => phone === caller.phone);
    const isThere = own.some((one) => ('text' in one ? one.text === caller.name : isEntryOf(one, bookingOf(caller))));
    return { isBooked, count: own.length, isThere };
  });
  const fired = trace.counts();
  return {
    baseline: 'retry without a key, "booked" on 2xx',
    destination: target.id,
    seed: plan.seed,
    ops: answers.length,
    faultsFired: Object.values(fired).reduce((total, count) => total + count, 0),
    duplicated: seen.filter(({ count }) => count > 1).length,
    lost: seen.filter(({ isThere }) => !isThere).length,
    falseClaims: seen.filter(({ isBooked, isThere }) => isBooked && !isThere).length,
    deniedButThere: seen.filter(({ isBooked, isThere }) => !isBooked && isThere).length,
    fired,
  };
}

/** The bookings of a plan, without ledger, worker and key: the same requests are hit by the same faults. */
export async function runNaive(run: FaultRun): Promise<NaiveFigures> {
  // Messages are left out, and no fault is spent on them.
  const destination = await openDestination(planFaults(run.seed, run.ops), run.destination);
  try {
    const lanes = createLanes(destination.target.callsAtOnce);
    const callers = destination.plan.stories.flatMap(({ kind, callers: [first] }) => (kind === 'message' ? [] : (first ?? [])));
    const answers = await Promise.all(callers.map((caller) => lanes.run(() => bookNaively(destination, caller, run.signal))));
    return await countUp(destination, answers);
  } finally {
    await destination.close({ keep: false });
  }
}
