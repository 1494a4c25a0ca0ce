import { isAppError } from '../../base/app-error.ts';
import type { OpId } from '../../base/ids.ts';
import type { OpView, TaskView } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { FaultHouse } from './house.ts';
import type { PlayedStory } from './played.ts';

/** How long everything may take to be decided after the last call, and how often that is looked at, in milliseconds. */
const SETTLE_MS_MAX = 240_000;
const LOOK_MS = 200;
/** Two sweeps of the worker: what they would still do about decided operations is done after that. Milliseconds. */
const CALM_MS = 1000;
/** Looks of the person at what is left; one suffices unless the ledger is held. */
const LAST_LOOKS = 20;

/** A person at the practice, who does every task that turns up. */
export interface Person {
  /** Reasons of the tasks done for each operation. */
  readonly done: ReadonlyMap<OpId, readonly TaskView['reason'][]>;
  look(): void;
  stop(): void;
}

export function createPerson({ daemon }: Pick<FaultHouse, 'daemon'>): Person {
  const done = new Map<OpId, TaskView['reason'][]>();
  const look = (): void => {
    try {
      for (const task of daemon.ledger.tasks({ open: true })) {
        daemon.ledger.finishTask(task.id);
        if (task.op !== null) done.set(task.op, [...(done.get(task.op) ?? []), task.reason]);
      }
    } catch (error) {
      // A worker that was frozen within a transaction holds the ledger; the next look finds the rest.
      if (!isAppError(error) || error.code !== 'ledger_unavailable') throw error;
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return { done, look, stop: () => clearInterval(timer) };
}

/** What is left open when the waiting is over. */
export interface Settled {
  /** What callers asked for. */
  readonly rows: ReadonlyMap<OpId, OpView>;
  /** Every operation of each story's calls. */
  readonly plans: ReadonlyMap<number, readonly OpView[]>;
  readonly openPromises: ReadonlySet<OpId>;
}

/** Operations of one call that are read. */
const CALL_OPS_MAX = 50;

/** Reads the operations of stories, again and again until they are decided. */
function createReader(
  ledger: Ledger,
  stories: readonly PlayedStory[],
): { read(): boolean; readonly plans: Map<number, readonly OpView[]> } {
  const plans = new Map<number, readonly OpView[]>();
  const isDecided = (rows: readonly OpView[] | undefined): boolean => rows?.every(({ state }) => isFinal(state)) ?? false;
  return {
    plans,
    read: () => {
      for (const { plan, ops } of stories) {
        if (isDecided(plans.get(plan.index))) continue;
        const calls = [...new Set(ops.map(({ intent }) => intent.call))];
        plans.set(
          plan.index,
          calls.flatMap((call) => ledger.list({ call, limit: CALL_OPS_MAX })),
        );
      }
      return stories.every(({ plan }) => isDecided(plans.get(plan.index)));
    },
  };
}

/**
 * Waits until every operation is decided, every promise has ended and nothing is on its way to the destination any more; what is not so
 * within the bound is the verdict's business.
 */
export async function settleAll(house: FaultHouse, stories: readonly PlayedStory[], person: Person): Promise<Settled> {
  const { daemon, clock, proxy } = house;
  const { ledger } = daemon;
  const untilMs = clock.monotonicMs() + SETTLE_MS_MAX;
  const { read, plans } = createReader(ledger, stories);
  const isOver = (): boolean => read() && ledger.promises({ open: true }).length === 0;
  while (!isOver() && clock.monotonicMs() < untilMs) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  await proxy.quiet();
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  for (let looks = 0; looks < LAST_LOOKS && ledger.tasks({ open: true }).length > 0; looks += 1) person.look();
  const asked = new Set(stories.flatMap(({ ops }) => ops.flatMap(({ op }) => op ?? [])));
  const rows = new Map([...plans.values()].flat().flatMap((row) => (asked.has(row.op) ? [[row.op, row] as const] : [])));
  return { rows, plans, openPromises: new Set(ledger.promises({ open: true }).map(({ op }) => op)) };
}
